"""Where imports come from: the program's folders for the program, the library's own for a library.

Runs in the child. Owns what is on ``sys.path`` from the runner's start to the program's, and a
finder behind it: a file of the user's that is called like a module of the standard library
(``token.py``, ``select.py``) is found by the program that imports it by name, and by nobody else.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from importlib.machinery import PathFinder
from types import ModuleType
from typing import Any

_LIBRARY = os.path.dirname(os.path.abspath(os.__file__))
_PACKAGES = ("site-packages", "dist-packages")
_HERE = os.path.dirname(os.path.abspath(__file__))
_IMPORTING = (
    "<frozen importlib",
    os.path.join(_LIBRARY, "importlib", ""),
    os.path.join(_HERE, "search_path."),
    os.path.join(_HERE, "late_hooks."),
)
"""How the files of the code begin that finds modules for others."""
_OF_LIBRARIES = ("<frozen", os.path.join(_LIBRARY, ""), _HERE.rpartition("languages")[0])
_NAMES = getattr(sys, "stdlib_module_names", None)  # Python 3.10


def library_path(entries: Iterable[str]) -> list[str]:
    """Those of ``sys.path`` that hold the standard library."""
    zipped = "python{}{}.zip".format(*sys.version_info)
    return [
        entry
        for entry in entries
        if os.path.basename(entry) == zipped
        or ((entry + os.sep).startswith(_LIBRARY + os.sep) and not _has_packages(entry))
    ]


def parted(entries: Sequence[str]) -> tuple[list[str], list[str]]:
    """The entries of ``sys.path`` before the standard library, which are the program's; others."""
    begins = (place for place, entry in enumerate(entries) if entry in _STANDARD)
    at = next(begins, 0)
    return list(entries[:at]), list(entries[at:])


def enter(folder: str, front: Sequence[str] = (), back: Sequence[str] = ()) -> None:
    """Have the program import from its folder, and from where its notebook does.

    Args:
        folder: The program's own folder; ``""`` is the current directory, whatever it is.
        front: What the notebook has put before all else.
        back: What it has put behind all else.
    """
    if _STANDARD:
        sys.meta_path.insert(0, _ForLibraries(_STANDARD))
    known = set(sys.path)
    own = [] if getattr(sys.flags, "safe_path", False) else [folder]
    before = [entry for entry in front if entry not in known]
    sys.path[:] = [*before, *own, *sys.path, *(entry for entry in back if entry not in known)]


def beginning() -> str:
    """Python code that has an empty interpreter, whose path is ours already, find modules so."""
    if not _STANDARD:
        return ""
    return (
        "def begin(sys):\n"
        f"    path, sys.path[:] = sys.path[:], {_STANDARD!r}\n"
        f"    found = __import__('runpy').run_path({os.path.join(_HERE, 'search_path.py')!r})\n"
        "    sys.path[:] = path\n"
        f"    sys.meta_path.insert(0, found['_ForLibraries']({_STANDARD!r}))\n"
        "begin(__import__('sys'))\n"
        "del begin\n"
    )


class _ForLibraries:
    """Finds modules of the standard library for those that do not mean a file of the user's.

    Args:
        path: Where they are.
    """

    def __init__(self, path: list[str]) -> None:
        self._path = path

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> Any:
        """As the protocol of finders has it."""
        if path is not None or (_NAMES is not None and name not in _NAMES):
            return None
        return PathFinder.find_spec(name, self._path) if _is_library(_importer()) else None


def _importer() -> str:
    """The file of the code that imports."""
    frame: Any = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(_IMPORTING):
        frame = frame.f_back
    return frame.f_code.co_filename if frame is not None else ""


def _is_library(file: str) -> bool:
    return file.startswith(_OF_LIBRARIES) or _has_packages(file)


def _has_packages(path: str) -> bool:
    return any(name in path for name in _PACKAGES)


# Now, and so once for all forks of a zygote.
_STANDARD = library_path(sys.path)
