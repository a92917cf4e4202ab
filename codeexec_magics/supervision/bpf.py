"""Filters of system calls, from rules to the code of the kernel's BPF machine.

Runs in a worker before its exec. Owns nothing. A filter holds for the process and for all that it
starts, and can never be taken off. It needs ``no_new_privs`` or CAP_SYS_ADMIN.

Sources: seccomp(2), ``include/uapi/linux/{seccomp,filter,audit}.h``.
"""

from __future__ import annotations

import errno
import os
import struct
from collections.abc import Sequence
from typing import NamedTuple

from . import linux
from .calls import ARCHITECTURES, NATIVE, NUMBERS

ALLOW = 0x7FFF0000
ASK = 0x7FC00000
"""Have whoever listens decide (SECCOMP_RET_USER_NOTIF)."""

_LOAD = 0x20  # BPF_LD | BPF_W | BPF_ABS
_JUMP = 0x05  # BPF_JMP | BPF_JA
_JUMP_IF_EQUAL = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
_JUMP_IF_AT_LEAST = 0x35  # BPF_JMP | BPF_JGE | BPF_K
_AND = 0x54  # BPF_ALU | BPF_AND | BPF_K
_RETURN = 0x06  # BPF_RET | BPF_K
_REFUSE = 0x00050000  # SECCOMP_RET_ERRNO, with the errno in the low bits
_OFFSET_NUMBER, _OFFSET_ARCHITECTURE, _OFFSET_ARGUMENTS = 0, 4, 16
_X32_BIT = 0x40000000
_NEGATIVE = 0x80000000
_WORD = 0xFFFFFFFF

_Instruction = tuple[int, int, int, int]


class Test(NamedTuple):
    """A question about one argument, an ``int``: only its low word is looked at.

    Attributes:
        argument: Which one, from 0.
        values: The values that answer it with yes; negative ones as they are written in C.
        mask: The bits that are compared.
        negative: Whether any negative number is a yes, too.
        otherwise: Whether the answer is turned round: no value of these.
    """

    argument: int
    values: tuple[int, ...] = ()
    mask: int = _WORD
    negative: bool = False
    otherwise: bool = False

    def instructions(self, to_the_end: int) -> list[_Instruction]:
        """Code that falls through on yes, and on no jumps to what is so far behind it."""
        load = [(_LOAD, 0, 0, _OFFSET_ARGUMENTS + 8 * self.argument)]
        if self.mask != _WORD:
            load.append((_AND, 0, 0, self.mask))
        asked = [(_JUMP_IF_EQUAL, value & _WORD) for value in self.values]
        if self.negative:
            asked.append((_JUMP_IF_AT_LEAST, _NEGATIVE))
        body = []
        for index, (code, value) in enumerate(asked):
            left = len(asked) - index - 1
            if self.otherwise:
                found, missed = left + to_the_end, 0
            else:
                found, missed = left, 0 if left else to_the_end
            body.append((code, found, missed, value))
        return [*load, *body]


class Rule(NamedTuple):
    """What becomes of a call; the first rule that holds decides, and what none names is allowed.

    Attributes:
        call: The call's name.
        verdict: What becomes of it: `ALLOW`, `ASK`, or `refused`.
        tests: What must hold, all of it.
    """

    call: str
    verdict: int
    tests: tuple[Test, ...] = ()

    def instructions(self) -> list[_Instruction]:
        """Code that returns the verdict, or falls through."""
        body: list[_Instruction] = [(_RETURN, 0, 0, self.verdict)]
        for test in reversed(self.tests):
            body = [*test.instructions(len(body)), *body]
        return body


def refused(number: int) -> int:
    """The verdict that a call fails with this errno."""
    return _REFUSE | number


def install(rules: Sequence[Rule], *, foreign: bool, listen: bool = False) -> int:
    """Decide about this process's calls from now on.

    Args:
        rules: What is decided, for each of the machine's architectures.
        foreign: Whether programs of the machine's other architecture (32 bit) may run; if not,
            all of their calls fail (ENOSYS).
        listen: Whether to make a descriptor by which another process decides what is asked.

    Returns:
        The descriptor, or -1.

    Raises:
        OSError: This machine's architecture is not known here, or the kernel refuses.
    """
    machine = os.uname().machine
    if machine not in NATIVE:
        raise OSError(errno.ENOTSUP, f"no table of system calls for {machine}")
    known = NATIVE[machine] if foreign else NATIVE[machine][:1]
    program: list[_Instruction] = [(_LOAD, 0, 0, _OFFSET_ARCHITECTURE)]
    for architecture in known:
        body = _block(architecture, rules)
        program += [(_JUMP_IF_EQUAL, 1, 0, ARCHITECTURES[architecture]), (_JUMP, 0, 0, len(body))]
        program += body
    program.append((_RETURN, 0, 0, ALLOW if foreign else refused(errno.ENOSYS)))
    code = b"".join(struct.pack("=HBBI", *line) for line in program)
    return linux.install_filter(code, len(program), listen=listen)


def _block(architecture: str, rules: Sequence[Rule]) -> list[_Instruction]:
    """What decides for one architecture; returns in any case."""
    body: list[_Instruction] = [(_LOAD, 0, 0, _OFFSET_NUMBER)]
    if architecture == "x86_64":
        # The x32 calls have numbers of their own for some, the same for others: none is let in.
        body += [(_JUMP_IF_AT_LEAST, 0, 1, _X32_BIT), (_RETURN, 0, 0, refused(errno.ENOSYS))]
    for call in dict.fromkeys(rule.call for rule in rules):
        number = NUMBERS[call].get(architecture)
        if number is None:
            continue
        decided = [line for rule in rules if rule.call == call for line in rule.instructions()]
        decided.append((_RETURN, 0, 0, ALLOW))
        body += [(_JUMP_IF_EQUAL, 1, 0, number), (_JUMP, 0, 0, len(decided)), *decided]
    return [*body, (_RETURN, 0, 0, ALLOW)]
