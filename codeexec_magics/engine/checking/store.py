"""Where the compiler of TypeScript stands: a folder that is named by a hash of what is in it.

Lives in the kernel. Owns a folder of the user's cache, which all kernels share; what is in it was
put there whole, and is never changed.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from codeexec_magics.engine.own_folder import cache_folder
from codeexec_magics.languages import typescript
from codeexec_magics.languages.language import resource

COMPILER = resource(typescript.__file__, "compiler")
"""What npm is told: exact versions, and a hash of each package."""

_LISTS = ("package.json", "package-lock.json")
_BEING_MADE = ".making-"
_NOT_OURS = stat.S_IWGRP | stat.S_IWOTH
_OF_USER = 0o700


class NoCompiler(Exception):
    """There is no compiler; the text says why, in words that follow "types are not checked: "."""


@functools.cache
def folder_name() -> str:
    """The name of the compiler's folder: what is in it, and for which kind of machine."""
    digest = hashlib.sha256("-".join(os.uname()[::4]).encode())
    for name in _LISTS:
        digest.update(Path(COMPILER, name).read_bytes())
    return f"typescript-{digest.hexdigest()[:16]}"


def find(directory: str) -> Path | None:
    """The compiler's program; None if it has not been fetched yet.

    Args:
        directory: The folder of the cell: it must not be able to write to the compiler.

    Raises:
        NoCompiler: It must not be used, or there is none for this machine.
    """
    root = Path(cache_folder())
    _refuse_within(directory, root)
    folder = root / folder_name()
    if not folder.is_dir():
        return None
    for place in (root, folder):
        _refuse_shared(place)
    found = list(folder.glob("node_modules/@typescript/*/lib/tsc"))
    if len(found) != 1:
        raise NoCompiler(f"npm has no TypeScript for this machine (in {folder})")
    return found[0]


@contextlib.contextmanager
def alone() -> Iterator[bool]:
    """Be the only one of all kernels that fills the store; says whether this one is.

    Raises:
        NoCompiler: The store cannot be written to.
    """
    import fcntl  # late: with it comes nothing that a kernel needs before

    root = cache_folder()
    try:
        os.makedirs(root, _OF_USER, exist_ok=True)
        _refuse_shared(Path(root))
        held = os.open(os.path.join(root, ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise NoCompiler(f"{root} cannot be written to ({error.strerror})") from None
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True
    finally:
        os.close(held)


def begin() -> Path:
    """A new folder for npm to fill, with what npm is told.

    Whoever calls this is `alone`, so that others like it are of a kernel that has been killed.

    Raises:
        NoCompiler: It cannot be made.
    """
    root = Path(cache_folder())
    try:
        for stale in root.glob(f"{_BEING_MADE}*"):
            shutil.rmtree(stale, ignore_errors=True)
        made = Path(tempfile.mkdtemp(prefix=_BEING_MADE, dir=root))
        for name in _LISTS:
            shutil.copyfile(Path(COMPILER, name), made / name)
    except OSError as error:
        raise NoCompiler(f"{root} cannot be written to ({error.strerror})") from None
    return made


def finish(made: Path) -> None:
    """Have what npm has filled be found: in one step, so that it is there whole or not at all.

    Raises:
        NoCompiler: It cannot be put in place.
    """
    try:
        os.rename(made, made.parent / folder_name())
    except OSError as error:
        raise NoCompiler(f"{made.parent} cannot be written to ({error.strerror})") from None


def drop(made: Path) -> None:
    """Take away what npm did not finish."""
    shutil.rmtree(made, ignore_errors=True)


def _refuse_within(directory: str, root: Path) -> None:
    """Refuse a store that a cell may write to, since what is in it runs outside of the cell.

    The user's home is no such folder: what a program writes there runs outside in any case.
    """
    own, real = os.path.realpath(directory), os.path.realpath(root)
    home = os.path.realpath(os.path.expanduser("~"))
    if _holds(own, real) and not _holds(own, home):
        raise NoCompiler(
            f"the compiler would stand in {root}, where the cell may write: "
            "set XDG_CACHE_HOME to a folder outside"
        )


def _holds(folder: str, path: str) -> bool:
    return path == folder or path.startswith(os.path.join(folder, ""))


def _refuse_shared(place: Path) -> None:
    """Refuse a folder that others may write to."""
    found = os.lstat(place)
    if not stat.S_ISDIR(found.st_mode):
        raise NoCompiler(f"{place} is a link, not a folder")
    if found.st_uid != os.geteuid() or found.st_mode & _NOT_OURS:
        raise NoCompiler(f"others may write to {place}: chmod 700 {place}, or remove it")
