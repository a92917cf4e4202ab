"""The folder that a sandboxed program may write to: what it must not be, and what stays out of it.

Lives in the kernel. Owns the set of folders that programs were sandboxed in.
"""

from __future__ import annotations

import contextlib
import os
import sys
from functools import lru_cache

from codeexec_magics.errors import IsolationUnavailable
from codeexec_magics.protocol.imports import never_import_from

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_VARIABLES = ("PATH", "PYTHONPATH", "PYTHONHOME", "PYTHONUSERBASE", "LD_LIBRARY_PATH")


def cache_folder() -> str:
    """Where this package keeps what it has fetched: programs that run outside of any sandbox."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):
        base = os.path.expanduser("~/.cache")
    return os.path.join(base, "codeexec_magics")


def check(directory: str) -> None:
    """Refuse a folder that would give a program more than it seems.

    Raises:
        IsolationUnavailable: It is the root, what this package has fetched stands around it, or
            there is a link in its path: a sandboxed program before may have put that there.
    """
    if directory == os.path.sep:
        raise IsolationUnavailable(
            "a sandboxed program may write to its current directory, and that is /: "
            "give it a folder of its own (--cwd DIR)"
        )
    real = os.path.realpath(directory)
    if real != directory:
        raise IsolationUnavailable(
            f"a sandboxed program may write to its current directory, and {directory} leads by a "
            f"link to {real}: if that is meant, name it (--cwd {real})"
        )
    cache = cache_folder()
    if os.path.join(directory, "").startswith(os.path.join(os.path.realpath(cache), "")):
        raise IsolationUnavailable(
            f"a sandboxed program may write to its current directory, and that is in {cache}, "
            "where programs outside come from: give it a folder of its own (--cwd DIR)"
        )
    if os.path.realpath(cache).startswith(os.path.join(directory, "")):
        # What is not there cannot be kept from the program, which could make it first.
        with contextlib.suppress(OSError):
            os.makedirs(cache, mode=0o700, exist_ok=True)
    never_import_from(directory)


def protected(directory: str, executable: str) -> tuple[str, ...]:
    """The folders below a program's own from which programs outside are loaded.

    Args:
        directory: Its folder.
        executable: The path of its runtime.
    """
    variables = tuple(os.environ.get(name, "") for name in _VARIABLES)
    return _protected(directory, executable, (*sys.path, cache_folder()), variables)


@lru_cache(maxsize=64)
def _protected(
    directory: str, executable: str, path: tuple[str, ...], variables: tuple[str, ...]
) -> tuple[str, ...]:
    runtimes = (os.path.realpath(executable), os.path.abspath(executable), sys.executable)
    homes = (os.path.dirname(os.path.dirname(runtime)) for runtime in runtimes)
    named = (folder for variable in variables for folder in variable.split(os.pathsep))
    roots = (sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix, _PACKAGE)
    every = (*roots, *homes, *(entry for entry in (*path, *named) if os.path.isabs(entry)))
    inside = {
        folder
        for folder in map(os.path.realpath, every)
        if folder.startswith(directory + os.sep) and os.path.isdir(folder)
    }
    outermost = (
        folder
        for folder in inside
        if not any(folder.startswith(other + os.sep) for other in inside)
    )
    return tuple(sorted(outermost))
