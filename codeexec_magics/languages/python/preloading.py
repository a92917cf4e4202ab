"""What a Python zygote loads ahead, so that a fresh process has it at no cost.

Lives in the kernel, and owns the set of libraries that programs of this process have used.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable
from functools import lru_cache

from codeexec_magics.languages.python.runner.libraries import LIBRARIES

_ALWAYS = (
    "asyncio",
    "collections",
    "csv",
    "dataclasses",
    "datetime",
    "decimal",
    "functools",
    "inspect",
    "itertools",
    "json",
    "math",
    "pathlib",
    "pickle",
    "random",
    "re",
    "statistics",
    "subprocess",
    "tempfile",
    "uuid",
)

_COARSE = 3_000_000_000
"""Nanoseconds in which a directory may have changed twice and tell one time; some file systems
count in steps of two seconds."""

_used: set[str] = set()


def learn(names: Iterable[str]) -> None:
    """Remember which libraries a program has used; others than `LIBRARIES` are ignored."""
    _used.update(name for name in names if name in LIBRARIES)


def modules(directory: str) -> list[str]:
    """The modules to load ahead: those that the kernel or a program before has used.

    Args:
        directory: The worker's current directory: a file there that bears a module's name comes
            first for the program, so that such a module is not loaded ahead.
    """
    libraries = [name for name in LIBRARIES if name in sys.modules or name in _used]
    wanted = (*_ALWAYS, *(module for name in libraries for module in LIBRARIES[name]))
    try:
        changed = os.stat(directory).st_mtime_ns
    except OSError:
        return list(wanted)  # nothing is there; whoever starts the worker finds that out
    is_recent = abs(time.time_ns() - changed) < _COARSE
    look = _not_shadowed.__wrapped__ if is_recent else _not_shadowed
    return list(look(wanted, directory, changed))


@lru_cache(maxsize=16)
def _not_shadowed(wanted: tuple[str, ...], directory: str, changed: int) -> list[str]:
    """Remembered until the directory changes: it is some forty looks, for each cell."""
    del changed  # part of what is remembered by
    try:
        own = {name.partition(".")[0] for name in os.listdir(directory)}
    except OSError:
        own = set()
    tops = {name.partition(".")[0] for name in wanted}
    if own & sys.stdlib_module_names - tops:
        return []  # any of them may be imported by one that is wanted
    return [name for name in wanted if name.partition(".")[0] not in own]
