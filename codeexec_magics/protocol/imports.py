"""Import libraries from where no program of ours may write.

Used in the kernel and in a Python child, wherever a value is read, written, converted or drawn: a
file ``numpy.py`` in the current directory may be a sandboxed program's, and would run here. Owns a
finder of modules, which acts inside of `imports_from_outside`, in that thread, and for what the
package's own modules import; all others find what they would without it.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from importlib.machinery import PathFinder
from types import ModuleType
from typing import Any

_PACKAGE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "")
_LIBRARY = os.path.join(os.path.dirname(os.__file__), "")
_PACKAGES = ("site-packages", "dist-packages")
_state = threading.local()
_avoided: set[str] = set()


def never_import_from(folder: str) -> None:
    """Take note of a folder that programs may write to; the current one always counts as such."""
    _avoided.add(folder)


def install() -> None:
    """Have the finder asked from now on; again if others have taken it away."""
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)


@contextlib.contextmanager
def imports_from_outside(alone: bool = True) -> Iterator[None]:
    """Have modules found outside of such folders, or not at all.

    Args:
        alone: False around code of the user's: what is not outside may be beside it.
    """
    install()
    before = getattr(_state, "alone", None)
    _state.alone = alone
    try:
        yield
    finally:
        _state.alone = before


class _Outside:
    """Finds what others would, but for the entries of ``sys.path`` that it leaves out."""

    leaves_folders_out = True

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> Any:
        """As the protocol of finders has it.

        Raises:
            ModuleNotFoundError: There is none outside to import; nobody else is to be asked.
        """
        if path is not None:
            return None
        alone = getattr(_state, "alone", None)
        if alone is None and not _is_for_the_package():
            return None
        for finder in sys.meta_path:
            if hasattr(finder, "leaves_folders_out"):
                continue  # this one, or that of another copy of the package
            found = (
                PathFinder.find_spec(name, _clean(sys.path), target)
                if finder is PathFinder
                else finder.find_spec(name, path, target)
            )
            if found is not None:
                return found
        if alone is not False and not _only_asks():
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return None


def _only_asks() -> bool:
    """Whether a library asks whether there is a module (``importlib.util``), and imports none."""
    return sys._getframe(3).f_code.co_name == "find_spec"


def _is_for_the_package() -> bool:
    """Whether a module of ours is what imports, or what is imported by one that is being loaded."""
    frame: Any = sys._getframe(2)
    while frame is not None:
        code = frame.f_code
        if code.co_filename.startswith(_PACKAGE):
            return True
        if not _passes_on(code.co_filename, being_loaded=code.co_name == "<module>"):
            return False
        frame = frame.f_back
    return False


def _passes_on(file: str, *, being_loaded: bool) -> bool:
    """Whether code imports on behalf of who has called it: the library's, or a package's module."""
    if file.startswith("<frozen"):
        return True
    if any(name in file for name in _PACKAGES):
        return being_loaded
    return file.startswith(_LIBRARY)


def _clean(entries: Sequence[str]) -> list[str]:
    try:
        here = os.getcwd()
    except OSError:
        here = ""
    avoided = {here, *_avoided}
    return [
        entry
        for entry in entries
        if isinstance(entry, str)
        and os.path.isabs(entry)
        and os.path.realpath(entry) not in avoided
    ]


_finder = _Outside()
