"""What a program is refused by a filter of system calls.

Runs in a worker before its exec. Owns nothing. What a filter compares is numbers: which call, and
which arguments; paths and structures it cannot see.

2026-12: processes that are ours, and stand when a worker is made, are refused by their numbers. For
those that come later the filter asks the run's reaper (`referee`), where the kernel can ask.
"""

from __future__ import annotations

import errno
import os
import socket

from .bpf import ASK, Rule, Test, install, refused

NOT_PERMITTED = refused(errno.EPERM)
_NOT_THERE = refused(errno.ENOSYS)

_KEYS = ("add_key", "request_key", "keyctl")
_SYSTEM_V = (
    *("shmget", "shmat", "shmctl", "shmdt", "semget", "semop", "semctl", "semtimedop"),
    *("msgget", "msgsnd", "msgrcv", "msgctl", "mq_open", "mq_unlink"),
)
_METADATA = (
    *("chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "fchown", "lchown", "fchownat"),
    *("utime", "utimes", "futimesat", "utimensat"),
    *("setxattr", "lsetxattr", "fsetxattr", "setxattrat"),
    *("removexattr", "lremovexattr", "fremovexattr", "removexattrat", "file_setattr"),
)

_SOCKET_TYPE = 0xF  # without SOCK_CLOEXEC and SOCK_NONBLOCK
_CONNECTED = (socket.SOCK_STREAM, socket.SOCK_SEQPACKET)
"""Types whose pairs speak to each other alone; a datagram socket may name another receiver."""

_FAMILY_OF_REQUEST = 0xFF00
_FILE_SYSTEMS = (0x6600, 0x7600, 0x5800, 0x9400, 0xF500)
"""``ioctl``: flags, versions, attributes, encryption, snapshots; no right to write is asked."""
_TERMINALS = (0x5412, 0x541C, 0x540E)  # TIOCSTI, TIOCLINUX, TIOCSCTTY

_PRIO_PROCESS, _PRIO_GROUP, _PRIO_USER = 0, 1, 2
_IOPRIO_PROCESS, _IOPRIO_GROUP, _IOPRIO_USER = 1, 2, 3
_SCHEDULING = ("sched_setparam", "sched_setscheduler", "sched_setattr", "sched_setaffinity")
_PRIORITIES = (
    ("setpriority", _PRIO_PROCESS, _PRIO_GROUP, _PRIO_USER),
    ("ioprio_set", _IOPRIO_PROCESS, _IOPRIO_GROUP, _IOPRIO_USER),
)
_OF_PROCESSES = (
    *("kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo"),
    *("process_vm_readv", "process_vm_writev", "prlimit64", "move_pages", "migrate_pages"),
)
_BY_DESCRIPTOR = ("pidfd_send_signal", "pidfd_getfd", "process_madvise", "process_mrelease")
_SET_OWNER, _SET_OWNER_BY_STRUCTURE = 8, 15  # F_SETOWN, F_SETOWN_EX
_LEASES = (1024, 1040)  # F_SETLEASE, F_SETDELEG
"""Who holds a lease of a file has others wait who want to write to it; a right to read suffices."""
_SET_OWNER_OF_DEVICE = (0x8901, 0x8902)  # FIOSETOWN, SIOCSPGRP
_EVERYBODY = -1

ARGUMENT = {
    **dict.fromkeys((*_SCHEDULING, *_OF_PROCESSES), 0),
    "setpriority": 1,
    "ioprio_set": 1,
    "ptrace": 1,
    "perf_event_open": 1,
    "fcntl": 2,
    "fcntl64": 2,
}
"""Calls that may be asked about → which argument names the process."""
GROUPS = {"setpriority": _PRIO_GROUP, "ioprio_set": _IOPRIO_GROUP}
"""Calls that may name a group of processes → the first argument with which they do."""


def guard_scheduling(ours: tuple[int, ...], others: int) -> int:
    """Refuse to limit, slow, or stop processes outside by how they are scheduled (EPERM).

    Neither signals nor ptrace rules cover it: a program could forbid the supervisor to open
    descriptors, or have the kernel give it a millisecond in a minute.

    Args:
        ours: Processes that are ours.
        others: What becomes of a call that names any other: `ALLOW`, `ASK`, or `refused`.

    Returns:
        The descriptor by which the asked one decides; -1 if nobody is asked.
    """
    limits = Rule("prlimit64", NOT_PERMITTED, (Test(0, (0,), otherwise=True),))
    return install([limits, *_scheduling(ours, others)], foreign=True, listen=others == ASK)


def guard_processes(ours: tuple[int, ...], others: int) -> int:
    """Refuse to signal, trace, limit, or slow processes outside (EPERM).

    Args:
        ours: Processes that are ours.
        others: What becomes of a call that names any other: `ALLOW` or `ASK`.

    Returns:
        The descriptor by which the asked one decides; -1 if nobody is asked.
    """
    mine, groups = os.getpid(), tuple(-pid for pid in ours)
    rules = _scheduling(ours, others)
    for call in _OF_PROCESSES:
        refusal = Test(0, (*ours, *groups, _EVERYBODY))
        rules += _named(call, refusal, Test(0, (0, mine), otherwise=True), others)
    rules += _named("ptrace", Test(1, ours), Test(1, (0,), otherwise=True), others)
    rules += _named("perf_event_open", Test(1, ours), Test(1, (0, -1), otherwise=True), others)
    rules += [Rule(call, _NOT_THERE) for call in _BY_DESCRIPTOR]
    owner = Test(1, (_SET_OWNER,))
    for call in ("fcntl", "fcntl64"):
        rules.append(Rule(call, NOT_PERMITTED, (Test(1, (_SET_OWNER_BY_STRUCTURE,)),)))
        rules.append(Rule(call, NOT_PERMITTED, (owner, Test(2, (*ours, *groups)))))
        rules.append(Rule(call, others, (owner, Test(2, (0, mine), otherwise=True))))
    rules.append(Rule("ioctl", NOT_PERMITTED, (Test(1, _SET_OWNER_OF_DEVICE),)))
    return install(rules, foreign=True, listen=others == ASK)


def _scheduling(ours: tuple[int, ...], others: int) -> list[Rule]:
    itself = (0, os.getpid())
    rules: list[Rule] = []
    for call in _SCHEDULING:
        rules += _named(call, Test(0, ours), Test(0, itself, otherwise=True), others)
    for call, process, group, user in _PRIORITIES:
        rules.append(Rule(call, NOT_PERMITTED, (Test(0, (user,)),)))
        asked = Test(0, (process, group))
        rules.append(Rule(call, NOT_PERMITTED, (asked, Test(1, ours))))
        rules.append(Rule(call, others, (asked, Test(1, itself, otherwise=True))))
    return rules


def _named(call: str, ours: Test, other: Test, others: int) -> list[Rule]:
    """Refuse what is ours, treat the others in their own way."""
    return [Rule(call, NOT_PERMITTED, (ours,)), Rule(call, others, (other,))]


def refuse_network() -> None:
    """Refuse every socket but those between processes of this machine (ENETUNREACH).

    To the program it looks like a machine without a network.

    Raises:
        OSError: This machine's architecture is not known here.
    """
    local = Test(0, (socket.AF_UNIX,), otherwise=True)
    # io_uring makes sockets, too, and no filter sees it.
    rules = [
        Rule("socket", refused(errno.ENETUNREACH), (local,)),
        Rule("io_uring_setup", _NOT_THERE),
    ]
    install(rules, foreign=False)


def confine(*, metadata: bool) -> None:
    """Refuse a sandboxed program what neither namespaces nor Landlock keep from it.

    Sockets but connected pairs; the kernel's store of keys; System V's objects and message queues;
    flags and leases of files; to slow others. What a program asks of itself is allowed.

    Args:
        metadata: Whether to refuse to change any file's mode, owner, times, and attributes, too:
            Landlock does not look at these.

    Raises:
        OSError: This machine's architecture is not known here.
    """
    rules = [
        Rule("socket", refused(errno.EACCES)),
        Rule("socketpair", refused(errno.EACCES), (Test(0, (socket.AF_UNIX,), otherwise=True),)),
        Rule(
            "socketpair",
            refused(errno.EACCES),
            (Test(1, _CONNECTED, mask=_SOCKET_TYPE, otherwise=True),),
        ),
        Rule("io_uring_setup", _NOT_THERE),
        Rule("ioctl", refused(errno.ENOTTY), (Test(1, _FILE_SYSTEMS, mask=_FAMILY_OF_REQUEST),)),
        Rule("ioctl", NOT_PERMITTED, (Test(1, _TERMINALS),)),
        *(Rule(call, NOT_PERMITTED, (Test(1, _LEASES),)) for call in ("fcntl", "fcntl64")),
        *(Rule(call, NOT_PERMITTED) for call in _KEYS),
        *(Rule(call, _NOT_THERE) for call in _SYSTEM_V),
    ]
    if metadata:
        rules += [Rule(call, NOT_PERMITTED) for call in _METADATA]
    install(rules, foreign=False)
