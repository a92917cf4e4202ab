"""Decide about the calls of a run that name another process: its own may be named, others not.

Runs in a reaper. Owns the descriptor on which the kernel tells of such calls (`seccomp`); while
one is undecided the thread that made it waits, and with the descriptor's end it fails.

What is compared are numbers in registers, which no other thread can change meanwhile. Between the
decision and the call the process that was named could end, and its number be given to one of ours:
only after all numbers have gone round once.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import struct

from . import processes
from .calls import ARCHITECTURES, NUMBERS
from .seccomp import ARGUMENT, GROUPS

_RECEIVE, _SEND = 0xC0502100, 0xC0182101  # SECCOMP_IOCTL_NOTIF_RECV, …_SEND
_NOTICE = struct.Struct("=QIIiIQ6Q")
_ANSWER = struct.Struct("=QqiI")
_GO_ON = 1  # SECCOMP_USER_NOTIF_FLAG_CONTINUE

_CALLS = {
    (ARCHITECTURES[architecture], number): call
    for call in ARGUMENT
    for architecture, number in NUMBERS[call].items()
}


class Referee:
    """Decides for one run, whose processes are all below this one.

    Args:
        fd: The descriptor; owned from now on.
    """

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self._me = os.getpid()
        self._depth = processes.depth_of_namespaces(self._me)

    def decide(self) -> None:
        """Answer one call that waits; none may do so any more."""
        notice = bytearray(_NOTICE.size)
        try:
            fcntl.ioctl(self.fd, _RECEIVE, notice)
        except OSError:
            return  # who asked has been killed
        number, caller, _, call, architecture, _, *arguments = _NOTICE.unpack(notice)
        name = _CALLS[architecture & 0xFFFFFFFF, call]
        target = _signed(arguments[ARGUMENT[name]])
        in_group = name in GROUPS and _signed(arguments[0]) == GROUPS[name]
        error = 0 if self._is_nested(caller) else self._judge(target, in_group)
        answer = _ANSWER.pack(number, 0, -error, 0 if error else _GO_ON)
        with contextlib.suppress(OSError):
            fcntl.ioctl(self.fd, _SEND, bytearray(answer))

    def close(self) -> None:
        """Decide no more: every call that would ask fails."""
        fd, self.fd = self.fd, -1
        if fd >= 0:
            os.close(fd)

    def _judge(self, target: int, in_group: bool) -> int:
        """The errno with which a call fails; 0 if it may be made."""
        if target < 0 or in_group:
            members = processes.members(abs(target))
            if not members:
                return errno.ESRCH
            return 0 if all(self._is_below(pid) for pid in members) else errno.EPERM
        if processes.parent(target) is None:
            # Not let through: one of ours could be born under this number just now.
            return errno.ESRCH
        return 0 if self._is_below(target) else errno.EPERM

    def _is_below(self, pid: int) -> bool:
        above: int | None = pid
        while above is not None and above > 1:
            above = processes.parent(above)
            if above == self._me:
                return True
        return False

    def _is_nested(self, caller: int) -> bool:
        """Whether the caller is in a pid namespace of its own, where nobody else can be named."""
        return processes.depth_of_namespaces(caller) > self._depth


def _signed(word: int) -> int:
    low = word & 0xFFFFFFFF
    return low - (1 << 32) if low >= 1 << 31 else low
