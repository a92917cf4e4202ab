"""System calls that a program is refused, as filters of the kernel's BPF machine.

Runs in a worker before its exec. Owns nothing. A filter holds for the process and for all that it
starts, and can never be taken off. It needs ``no_new_privs`` or CAP_SYS_ADMIN.

Sources: seccomp(2), ``include/uapi/linux/{seccomp,filter,audit}.h``, and the kernel's tables of
system calls.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from . import linux

_X86_64, _I386, _AARCH64, _ARM = 0xC000003E, 0x40000003, 0xC00000B7, 0x40000028
_NATIVE = {"x86_64": _X86_64, "aarch64": _AARCH64}

_LOAD = 0x20  # BPF_LD | BPF_W | BPF_ABS
_JUMP_IF_EQUAL = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
_AND = 0x54  # BPF_ALU | BPF_AND | BPF_K
_RETURN = 0x06  # BPF_RET | BPF_K
_ALLOW = 0x7FFF0000
_REFUSE = 0x00050000  # SECCOMP_RET_ERRNO, with the errno in the low bits
_OFFSET_NUMBER, _OFFSET_ARCHITECTURE, _OFFSET_FIRST_ARGUMENT = 0, 4, 16
_WITHOUT_X32_BIT = 0xBFFFFFFF

_Instruction = tuple[int, int, int, int]


@dataclass(frozen=True)
class _Call:
    """One system call that is refused.

    Attributes:
        numbers: Architecture → its number there.
        number: The errno that the program sees.
        allowed: The values of its first argument, an ``int``, with which it is allowed.
    """

    numbers: dict[int, int]
    number: int
    allowed: tuple[int, ...] = ()

    def instructions(self, architecture: int) -> list[_Instruction]:
        """What decides about this call, the call's number being loaded; falls through if other."""
        refuse = (_RETURN, 0, 0, _REFUSE | self.number)
        if architecture not in self.numbers:
            return []
        if not self.allowed:
            return [(_JUMP_IF_EQUAL, 0, 1, self.numbers[architecture]), refuse]
        last = len(self.allowed)
        # A value that is allowed jumps over the tests behind it, and over the refusal.
        tests = [
            (_JUMP_IF_EQUAL, last - index, 0, value) for index, value in enumerate(self.allowed)
        ]
        body = [(_LOAD, 0, 0, _OFFSET_FIRST_ARGUMENT), *tests, refuse, (_RETURN, 0, 0, _ALLOW)]
        return [(_JUMP_IF_EQUAL, 0, len(body), self.numbers[architecture]), *body]


_PRLIMIT = _Call({_X86_64: 302, _I386: 340, _AARCH64: 261, _ARM: 369}, errno.EPERM, allowed=(0,))
_SOCKET = {_X86_64: 41, _AARCH64: 198}
# It makes sockets, too, and no filter sees it.
_IO_URING = _Call({_X86_64: 425, _AARCH64: 425}, errno.ENOSYS)
_KEYS = tuple(
    _Call({_X86_64: on_x86, _AARCH64: on_arm}, errno.EPERM)
    for on_x86, on_arm in ((248, 217), (249, 218), (250, 219))  # add_key, request_key, keyctl
)
_METADATA = tuple(
    _Call(
        {_X86_64: on_x86, **({} if on_arm is None else {_AARCH64: on_arm})},
        errno.EPERM,
    )
    for on_x86, on_arm in (
        *((90, None), (91, 52), (268, 53), (452, 452)),  # chmod, fchmod, fchmodat, fchmodat2
        *((92, None), (93, 55), (94, None), (260, 54)),  # chown, fchown, lchown, fchownat
        *((132, None), (235, None), (261, None), (280, 88)),  # utime, utimes, futimesat, utimensat
        *((188, 5), (189, 6), (190, 7), (463, 463)),  # setxattr, l…, f…, …at
        *((197, 14), (198, 15), (199, 16), (466, 466)),  # removexattr, l…, f…, …at
        (469, 469),  # file_setattr
    )
)


def refuse_foreign_limits() -> None:
    """Refuse ``prlimit`` on any other process (EPERM); pid 0 is the caller itself.

    It is the one way to harm a process outside that neither signals nor ptrace rules cover: a
    program could forbid the supervisor to open descriptors or to fork.
    """
    _install([_block(architecture, [_PRLIMIT]) for architecture in _PRLIMIT.numbers])


def refuse_network(*, unix: bool) -> None:
    """Refuse every socket but those between processes of this machine.

    Args:
        unix: Whether Unix sockets are allowed; pairs (``socketpair``) are in any case.

    Raises:
        OSError: This machine's architecture is not known here.
    """
    # To the program it looks like a machine without a network.
    allowed = (socket.AF_UNIX,) if unix else ()
    made = _Call(_SOCKET, errno.ENETUNREACH if unix else errno.EACCES, allowed=allowed)
    _install_native([made, _IO_URING])


def refuse_keys() -> None:
    """Refuse the kernel's store of keys, which no namespace divides (EPERM).

    Raises:
        OSError: This machine's architecture is not known here.
    """
    _install_native(list(_KEYS))


def refuse_changes_of_metadata() -> None:
    """Refuse to change any file's mode, owner, times, and attributes (EPERM).

    Landlock does not look at these; they are refused where no read-only file system does it.

    Raises:
        OSError: This machine's architecture is not known here.
    """
    _install_native(list(_METADATA))


def _install_native(calls: Sequence[_Call]) -> None:
    """Refuse calls of this machine's architecture, and every call of any other."""
    machine = os.uname().machine
    if machine not in _NATIVE:
        raise OSError(errno.ENOTSUP, f"no table of system calls for {machine}")
    foreign = (_RETURN, 0, 0, _REFUSE | errno.ENOSYS)
    _install([_block(_NATIVE[machine], calls), [foreign]])


def _block(architecture: int, calls: Sequence[_Call]) -> list[_Instruction]:
    """What decides for one architecture; falls through for any other."""
    body: list[_Instruction] = [(_LOAD, 0, 0, _OFFSET_NUMBER), (_AND, 0, 0, _WITHOUT_X32_BIT)]
    for call in calls:
        body += call.instructions(architecture)
    body += [(_RETURN, 0, 0, _ALLOW)]
    return [(_JUMP_IF_EQUAL, 0, len(body), architecture), *body]


def _install(blocks: Sequence[Sequence[_Instruction]]) -> None:
    program: list[_Instruction] = [(_LOAD, 0, 0, _OFFSET_ARCHITECTURE)]
    for block in blocks:
        program += block
    program += [(_RETURN, 0, 0, _ALLOW)]
    linux.install_filter(b"".join(struct.pack("=HBBI", *line) for line in program), len(program))
