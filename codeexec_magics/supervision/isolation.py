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

import os
from collections.abc import Callable, Sequence

from . import (
    attempt,
    landlock,
    linux,
    seccomp,
)
from .recipe import Isolation

_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/tty")
_SHARED_MEMORY = "/dev/shm"
_KEPT = (linux.CAP_CHOWN, linux.CAP_DAC_OVERRIDE, linux.CAP_FOWNER)
"""What root may still do in its own folder; the folders around are read-only even to root."""


def enter(isolation: Isolation, folders: Sequence[str], contain: Callable[[], None]) -> None:
    """Restrict this process and all that it starts.

    Args:
        isolation: What it is kept from.
        folders: Where a sandboxed program may write.
        contain: Enters the containment, at the moment when it must be.

    Raises:
        OSError: This machine cannot.
    """
    read_only = isolation.sandbox and _make_all_read_only(folders)
    contain()
    if not isolation.restricts:
        return
    linux.renounce_privileges()
    if isolation.sandbox:
        shared = (_SHARED_MEMORY,) if read_only and os.path.isdir(_SHARED_MEMORY) else ()
        landlock.write_only_below((*folders, *shared), _DEVICES)
        linux.renounce_capabilities(_KEPT)
        seccomp.confine(metadata=not read_only)
    else:
        seccomp.refuse_network()


def _make_all_read_only(folders: Sequence[str]) -> bool:
    """Make the whole file system but the folders read-only; False if there are no namespaces."""
    try:
        _leave_for_own_mounts()
        linux.keep_mounts_private()
        for folder in folders:
            linux.mount_on_itself(folder)
        linux.make_read_only("/")
        for folder in folders:
            linux.make_read_only(folder, False)
        if os.path.isdir(_SHARED_MEMORY):
            linux.mount_own_shared_memory()
        os.chdir(folders[0])  # the current directory is still that of the mount below
    except OSError:
        return False  # what was done by then takes nothing away from the other layers
    return True


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
    folder = os.environ.get("TMPDIR") or "/tmp"
    return attempt.why_not(lambda: enter(isolation, (folder,), lambda: None))
