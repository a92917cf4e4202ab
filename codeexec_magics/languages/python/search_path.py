"""Where this process's own programs import from, for the programs that it has run elsewhere.

Lives in the kernel; reads ``sys.path``, and changes nothing.
"""

from __future__ import annotations

import os
import site
import sys
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

_PACKAGES = ("site-packages", "dist-packages")


def followed() -> dict[str, Any]:
    """The field ``path`` of PROTOCOL.md: the folders that somebody has added to ``sys.path``.

    The current directory is not among them: a program has its own.
    """
    front, back = _added(tuple(sys.path), os.getcwd())
    return {"path": [list(front), list(back)]} if front or back else {}


@lru_cache(maxsize=8)
def _added(path: tuple[str, ...], here: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Remembered until ``sys.path`` changes: it is asked for each cell."""
    own = _of_the_interpreter()
    front: list[str] = []
    back: list[str] = []
    met = False
    for entry in path:
        if not isinstance(entry, str) or entry in own or _is_installed(entry):
            met = True
        elif entry:
            (back if met else front).append(os.path.join(here, os.path.expanduser(entry)))
    return tuple(front), tuple(back)


def _is_installed(entry: str) -> bool:
    """Whether a folder belongs to the interpreter: another one has its own."""
    roots = {os.path.join(root, "") for root in (sys.prefix, sys.base_prefix, sys.exec_prefix)}
    library = os.path.dirname(os.__file__)
    return (
        entry.startswith((library, *roots)) and ("lib" in entry or entry.endswith(".zip"))
    ) or any(name in entry for name in _PACKAGES)


@lru_cache(maxsize=1)
def _of_the_interpreter() -> frozenset[str]:
    """What ``.pth`` files have put on the path: packages that are installed for editing."""
    return frozenset(_lines_of_path_files())


def _lines_of_path_files() -> Iterator[str]:
    folders = [*site.getsitepackages(), site.getusersitepackages()]
    for folder in folders:
        try:
            names = [name for name in os.listdir(folder) if name.endswith(".pth")]
        except OSError:
            continue
        for name in names:
            try:
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    lines = file.read().splitlines()
            except (OSError, ValueError):
                continue
            yield from (os.path.join(folder, line.strip()) for line in lines if line.strip())
