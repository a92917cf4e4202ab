"""What a run is kept from beside its end: the network, the file system, trust.

Runs in a worker before its program begins (`enter`), and in the supervisor, which tries
once whether this machine can (`why_not`). Owns nothing. Nothing here is weakened in silence: a step
that fails ends the worker.

Three layers, since each leaves gaps. A mount namespace makes the file system read-only, modes and
owners included, but a process with root's powers could change mounts back. Landlock forbids that,
and works without namespaces, but does not look at modes, owners and times. Filters of system calls
close these where there is no namespace, and the sockets, which neither of both knows.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Sequence

from . import (
    dry_run,
    landlock,
    linux,
    seccomp,
)
from .paths import open_folder
from .recipe import Isolation

_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/tty")
_SHARED_MEMORY = "/dev/shm"
_KEPT = (linux.CAP_CHOWN, linux.CAP_DAC_OVERRIDE, linux.CAP_FOWNER)
"""What root may still do in its own folder; the folders around are read-only even to root."""


def enter(isolation: Isolation, folders: Sequence[str], contain: Callable[[], None]) -> None:
    """Restrict this process and all that it starts.

    Args:
        isolation: What it is kept from.
        folders: Where a sandboxed program may write; the first becomes its current directory.
        contain: Enters the containment, at the moment when it must be.

    Raises:
        OSError: This machine cannot, or a folder is reached by a link.
    """
    if not isolation.restricts:
        contain()
        return
    # Held from here on: what stands at their paths may be changed by others meanwhile.
    held = [open_folder(folder) for folder in folders] if isolation.sandbox else []
    if isolation.sandbox:
        os.fchdir(held[0])
    read_only = isolation.sandbox and _make_all_read_only(held, folders, isolation.protected)
    contain()
    linux.renounce_privileges()
    if isolation.sandbox:
        shared = (_SHARED_MEMORY,) if read_only and os.path.isdir(_SHARED_MEMORY) else ()
        held += [os.open(folder, os.O_PATH | os.O_CLOEXEC) for folder in shared]
        if isolation.protected and not read_only:
            raise OSError(0, _protected_words(isolation.protected))
        landlock.write_only_below(held, _DEVICES)
        linux.renounce_capabilities(_KEPT)
        seccomp.confine(metadata=not read_only)
    else:
        seccomp.refuse_network()
    for fd in held:
        os.close(fd)


def _protected_words(folders: Sequence[str]) -> str:
    return (
        "a sandboxed program may write to its current directory, which holds "
        f"{folders[0]}, where programs outside come from; without namespaces that cannot be "
        "excepted: give it a folder of its own (--cwd DIR)"
    )


def _make_all_read_only(held: list[int], folders: Sequence[str], protected: Sequence[str]) -> bool:
    """Make the whole file system but the held folders read-only; False without namespaces.

    The descriptors become those of the folders in their mounts.
    """
    try:
        _leave_for_own_mounts()
        linux.keep_mounts_private()
        mounted = [_mount_again(fd, folder) for fd, folder in zip(held, folders)]
        # What is a mount cannot be put aside, to put another folder in its place.
        mounted += [_mount(folder) for folder in _on_the_way(folders, protected)]
        for folder in protected:
            os.close(_mount(folder))
        linux.make_all_read_only()
        for fd in mounted:
            linux.make_writable(fd)
        if os.path.isdir(_SHARED_MEMORY):
            linux.mount_own_shared_memory()
        os.fchdir(mounted[0])  # the current directory was still that of the mount below
    except OSError:
        return False  # what was done by then takes nothing away from the other layers
    for fd in (*held, *mounted[len(held) :]):
        os.close(fd)
    held[:] = mounted[: len(held)]
    return True


def _mount(folder: str) -> int:
    """Make a folder a mount of its own."""
    fd = open_folder(folder)
    try:
        return linux.mount_on_itself(fd)
    finally:
        os.close(fd)


def _on_the_way(folders: Sequence[str], protected: Sequence[str]) -> list[str]:
    """The folders between those that may be written to and what is protected in them."""
    found = set()
    for folder in protected:
        above = os.path.dirname(folder)
        while any(above.startswith(os.path.join(own, "")) for own in folders):
            found.add(above)
            above = os.path.dirname(above)
    return sorted(found)


def _mount_again(held: int, folder: str) -> int:
    """A mount of a held folder: of its namespace the folder is another's, so it is opened anew.

    Raises:
        OSError: Another folder stands at its path by now.
    """
    found = open_folder(folder)
    try:
        if not os.path.samestat(os.fstat(found), os.fstat(held)):
            raise OSError(errno.ESTALE, f"{folder} is another folder by now")
        return linux.mount_on_itself(found)
    finally:
        os.close(found)


def _leave_for_own_mounts() -> None:
    uid, gid = os.geteuid(), os.getegid()
    try:
        linux.unshare(linux.CLONE_NEWNS)
    except PermissionError:
        # A process that is not dumpable cannot write its own uid_map.
        linux.set_dumpable(True)
        linux.unshare(linux.CLONE_NEWUSER | linux.CLONE_NEWNS)
        linux.map_own_ids(uid, gid)


def why_not(isolation: Isolation) -> str | None:
    """Try an isolation in a child of this process; the reason if this machine cannot."""
    folder = os.path.realpath(os.environ.get("TMPDIR") or "/tmp")
    return dry_run.why_not(lambda: enter(isolation, (folder,), lambda: None))
