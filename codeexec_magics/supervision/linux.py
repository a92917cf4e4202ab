"""The Linux system calls that Python's standard library does not offer.

Runs in the supervisor, in reapers, and in a worker before its exec. Owns nothing. Every function
raises `OSError` with the kernel's errno, so that a caller can probe by doing.

Sources: landlock(7), seccomp(2), prctl(2), unshare(2) of the Linux man-pages project and
``include/uapi/linux/{landlock,seccomp,filter,prctl}.h`` of the kernel.
"""

from __future__ import annotations

import ctypes
import os
import struct

_libc = ctypes.CDLL(None, use_errno=True)

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_NAME = 15
_PR_SET_SECCOMP = 22
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38

_SECCOMP_MODE_FILTER = 2

# The numbers of system calls that came after 5.1 are the same on every architecture.
_SYS_LANDLOCK_CREATE_RULESET = 444
_SYS_LANDLOCK_RESTRICT_SELF = 446
_LANDLOCK_CREATE_RULESET_VERSION = 1
_LANDLOCK_SCOPE_SIGNAL = 1 << 1
_FIRST_ABI_WITH_SIGNAL_SCOPE = 6

CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000

_MS_NOSUID = 2
_MS_NODEV = 4
_MS_NOEXEC = 8
_MS_REC = 0x4000
_MS_PRIVATE = 1 << 18


def _check(outcome: int, what: str) -> int:
    if outcome < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return outcome


def _prctl(option: int, value: int, what: str) -> None:
    words = [ctypes.c_ulong(word) for word in (value, 0, 0, 0)]
    _check(_libc.prctl(option, *words), what)


def die_with_parent(number: int) -> None:
    """Have the kernel send signal ``number`` to this process when its parent thread ends."""
    _prctl(_PR_SET_PDEATHSIG, number, "PR_SET_PDEATHSIG")


def set_dumpable(dumpable: bool) -> None:
    """Allow or forbid that others of the same user trace this process or read its memory."""
    _prctl(_PR_SET_DUMPABLE, int(dumpable), "PR_SET_DUMPABLE")


def set_name(name: str) -> None:
    """Set the name that process lists show, at most 15 bytes."""
    buffer = ctypes.create_string_buffer(name.encode()[:15])
    _check(_libc.prctl(_PR_SET_NAME, buffer, 0, 0, 0), "PR_SET_NAME")


def become_subreaper() -> None:
    """Become the parent of every descendant whose own parent ends."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1, "PR_SET_CHILD_SUBREAPER")


def renounce_privileges() -> None:
    """Give up gaining privileges by exec, with all that is started (``no_new_privs``)."""
    _prctl(_PR_SET_NO_NEW_PRIVS, 1, "PR_SET_NO_NEW_PRIVS")


def scope_signals() -> None:
    """Enter a Landlock domain out of which this process and all it starts can signal nobody.

    A process of the domain still reaches the domain itself and the domains nested in it. Needs
    ``no_new_privs`` or CAP_SYS_ADMIN, and Linux 6.12 (Landlock ABI 6).

    Raises:
        OSError: The kernel has no such domain, or claims what it lacks.
    """
    abi = _libc.syscall(
        _SYS_LANDLOCK_CREATE_RULESET, None, ctypes.c_size_t(0), _LANDLOCK_CREATE_RULESET_VERSION
    )
    if _check(abi, "landlock_create_ruleset") < _FIRST_ABI_WITH_SIGNAL_SCOPE:
        raise OSError(95, f"Landlock ABI {abi} cannot scope signals; it takes Linux 6.12")

    attributes = struct.pack("=QQQ", 0, 0, _LANDLOCK_SCOPE_SIGNAL)
    ruleset = _check(
        _libc.syscall(
            _SYS_LANDLOCK_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0
        ),
        "landlock_create_ruleset",
    )
    try:
        _check(_libc.syscall(_SYS_LANDLOCK_RESTRICT_SELF, ruleset, 0), "landlock_restrict_self")
    finally:
        os.close(ruleset)


def unshare(flags: int) -> None:
    """Leave the namespaces that ``flags`` name for new ones."""
    _check(_libc.unshare(flags), "unshare")


def map_own_ids(uid: int, gid: int) -> None:
    """In a new user namespace: keep the ids that this process had outside."""
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{uid} {uid} 1"),
        ("gid_map", f"{gid} {gid} 1"),
    ):
        fd = os.open(f"/proc/self/{name}", os.O_WRONLY)
        try:
            os.write(fd, text.encode())
        finally:
            os.close(fd)


def mount_own_proc() -> None:
    """In new pid and mount namespaces: make ``/proc`` show the namespace's own processes."""
    _check(_libc.mount(b"none", b"/", None, _MS_REC | _MS_PRIVATE, None), "mount / private")
    flags = _MS_NOSUID | _MS_NODEV | _MS_NOEXEC
    _check(_libc.mount(b"proc", b"/proc", b"proc", flags, None), "mount /proc")


# A seccomp filter is a small program for the kernel's BPF machine. This one refuses prlimit64 on
# another process: it is the one way to harm a process outside that neither signals nor ptrace rules
# cover (a program could forbid the supervisor to open descriptors or to fork).
_LOAD = 0x20  # BPF_LD | BPF_W | BPF_ABS
_JUMP_IF_EQUAL = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
_AND = 0x54  # BPF_ALU | BPF_AND | BPF_K
_RETURN = 0x06  # BPF_RET | BPF_K
_ALLOW = 0x7FFF0000
_REFUSE = 0x00050000 | 1  # SECCOMP_RET_ERRNO | EPERM
_OFFSET_NUMBER, _OFFSET_ARCHITECTURE, _OFFSET_FIRST_ARGUMENT = 0, 4, 16
_WITHOUT_X32_BIT = 0xBFFFFFFF

# audit architecture → number of prlimit64
_PRLIMIT = {
    0xC000003E: 302,  # x86-64
    0x40000003: 340,  # i386, which a 64-bit kernel also runs
    0xC00000B7: 261,  # aarch64
    0x40000028: 369,  # arm
}


def refuse_foreign_limits() -> None:
    """Refuse ``prlimit`` on any other process, for this process and all it starts (EPERM).

    Needs ``no_new_privs`` or CAP_SYS_ADMIN.
    """
    program = [(_LOAD, 0, 0, _OFFSET_ARCHITECTURE)]
    for architecture, number in _PRLIMIT.items():
        program += [
            (_JUMP_IF_EQUAL, 0, 7, architecture),  # another one: to the next block
            (_LOAD, 0, 0, _OFFSET_NUMBER),
            (_AND, 0, 0, _WITHOUT_X32_BIT),
            (_JUMP_IF_EQUAL, 0, 2, number),  # another call: allow
            (_LOAD, 0, 0, _OFFSET_FIRST_ARGUMENT),
            (_JUMP_IF_EQUAL, 0, 1, 0),  # pid 0 is the caller itself; any other: refuse
            (_RETURN, 0, 0, _ALLOW),
            (_RETURN, 0, 0, _REFUSE),
        ]
    program += [(_RETURN, 0, 0, _ALLOW)]
    _install(program)


def _install(program: list[tuple[int, int, int, int]]) -> None:
    code = b"".join(struct.pack("=HBBI", *instruction) for instruction in program)
    buffer = ctypes.create_string_buffer(code, len(code))
    header = struct.pack("@HP", len(program), ctypes.addressof(buffer))
    _check(
        _libc.prctl(_PR_SET_SECCOMP, ctypes.c_ulong(_SECCOMP_MODE_FILTER), header, 0, 0),
        "PR_SET_SECCOMP",
    )
