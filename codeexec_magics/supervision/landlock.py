"""Landlock domains: whom a process may signal, and where it may write.

Runs in reapers and in a worker before its exec. Owns nothing. A domain holds for the process and
for all that it starts, and can never be left; one that is entered within another only adds to it.
It needs ``no_new_privs`` or CAP_SYS_ADMIN.

Sources: landlock(7) and ``include/uapi/linux/landlock.h``.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import struct
from collections.abc import Iterable

from . import linux

# The numbers of system calls that came after 5.1 are the same on every architecture.
_SYS_CREATE_RULESET, _SYS_ADD_RULE, _SYS_RESTRICT_SELF = 444, 445, 446
_CREATE_RULESET_VERSION = 1
_RULE_PATH_BENEATH = 1
_SCOPE_SIGNAL = 1 << 1

_FIRST_ABI_WITH_MOVING = 2
_FIRST_ABI_WITH_TRUNCATE = 3
_FIRST_ABI_WITH_IOCTL = 5
_FIRST_ABI_WITH_SIGNAL_SCOPE = 6

_WRITE_FILE, _MAKE_CHAR, _MAKE_BLOCK, _TRUNCATE, _IOCTL_DEVICE = (
    1 << bit for bit in (1, 6, 11, 14, 15)
)
_MOVE = 1 << 13
_CHANGES = sum(1 << bit for bit in (1, *range(4, 15)))
"""Everything that changes files or folders (up to ABI 3): all but executing and reading."""


def version() -> int:
    """The ABI version of the kernel's Landlock.

    Raises:
        OSError: It has none, or it is switched off.
    """
    return linux.call(
        _SYS_CREATE_RULESET,
        None,
        ctypes.c_size_t(0),
        _CREATE_RULESET_VERSION,
        what="landlock_create_ruleset",
    )


def scope_signals() -> None:
    """Enter a domain out of which this process and all it starts can signal nobody.

    A process of the domain still reaches the domain itself and the domains nested in it. Needs
    Linux 6.12 (ABI 6).

    Raises:
        OSError: The kernel has no such domain, or claims what it lacks.
    """
    abi = version()
    if abi < _FIRST_ABI_WITH_SIGNAL_SCOPE:
        raise OSError(
            errno.EOPNOTSUPP, f"Landlock ABI {abi} cannot scope signals; it takes Linux 6.12"
        )
    ruleset = _create(struct.pack("=QQQ", 0, 0, _SCOPE_SIGNAL))
    _enter(ruleset)


def refuse_to_trace() -> None:
    """Enter a domain out of which this process and all it starts can trace nobody.

    It cannot read their memory or descriptors by ``/proc``, either, nor change what is mounted; all
    else is as before. Needs Linux 5.19 (ABI 2): before that files could not be moved between
    folders.

    Raises:
        OSError: The kernel has no such domain.
    """
    abi = version()
    if abi < _FIRST_ABI_WITH_MOVING:
        raise OSError(errno.EOPNOTSUPP, f"Landlock ABI {abi} cannot move files")
    # Every domain refuses to trace; this one handles one right of files, and grants that anywhere.
    ruleset = _create(struct.pack("=Q", _MOVE))
    root = os.open(os.sep, os.O_PATH | os.O_CLOEXEC)
    try:
        _allow(ruleset, root, _MOVE)
    finally:
        os.close(root)
    _enter(ruleset)


def write_only_below(folders: Iterable[int], devices: Iterable[str]) -> None:
    """Enter a domain in which files and folders can be changed below a few folders only.

    It cannot change what is mounted, either. Needs Linux 6.2 (ABI 3): before that a file could be
    emptied all the same.

    Args:
        folders: Descriptors of folders where everything may be changed, but no device be made.
        devices: Files that may be written to; those that are missing are left out.

    Raises:
        OSError: The kernel has no such domain.
    """
    abi = version()
    if abi < _FIRST_ABI_WITH_TRUNCATE:
        raise OSError(
            errno.EOPNOTSUPP, f"Landlock ABI {abi} cannot refuse to truncate; it takes Linux 6.2"
        )
    handled = _CHANGES | (_IOCTL_DEVICE if abi >= _FIRST_ABI_WITH_IOCTL else 0)
    ruleset = _create(struct.pack("=Q", handled))
    try:
        for folder in folders:
            _allow(ruleset, folder, _CHANGES & ~(_MAKE_CHAR | _MAKE_BLOCK))
        for device in devices:
            with contextlib.suppress(FileNotFoundError):
                fd = os.open(device, os.O_PATH | os.O_CLOEXEC)
                try:
                    _allow(ruleset, fd, _WRITE_FILE | _TRUNCATE)
                finally:
                    os.close(fd)
    except BaseException:
        os.close(ruleset)
        raise
    _enter(ruleset)


def _create(attributes: bytes) -> int:
    return linux.call(
        _SYS_CREATE_RULESET,
        attributes,
        ctypes.c_size_t(len(attributes)),
        0,
        what="landlock_create_ruleset",
    )


def _allow(ruleset: int, fd: int, access: int) -> None:
    rule = struct.pack("=Qi", access, fd)
    linux.call(_SYS_ADD_RULE, ruleset, _RULE_PATH_BENEATH, rule, 0, what="landlock_add_rule")


def _enter(ruleset: int) -> None:
    try:
        linux.call(_SYS_RESTRICT_SELF, ruleset, 0, what="landlock_restrict_self")
    finally:
        os.close(ruleset)
