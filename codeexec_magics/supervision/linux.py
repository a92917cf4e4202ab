"""The Linux system calls that Python's standard library does not offer.

Runs in the supervisor, in reapers, and in a worker before its exec. Owns nothing. Every function
raises `OSError` with the kernel's errno, so that a caller can probe by doing.

Sources: prctl(2), unshare(2), mount(2), mount_setattr(2), capabilities(7) of the Linux man-pages
project and ``include/uapi/linux/{prctl,mount,capability}.h`` of the kernel.
"""

from __future__ import annotations

import ctypes
import errno
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
_SECCOMP_SET_MODE_FILTER = 1
_SECCOMP_NEW_LISTENER = 1 << 3
_SYS_SECCOMP = {"x86_64": 317, "aarch64": 277}

# The numbers of system calls that came after 5.1 are the same on every architecture.
_SYS_PIDFD_OPEN = 434
_SYS_OPEN_TREE, _SYS_MOVE_MOUNT = 428, 429
_SYS_MOUNT_SETATTR = 442
_SYS_PROCESS_MRELEASE = 448
_SYS_PIDFD_GETFD = 438
_MOUNT_ATTR_RDONLY = 1
_AT_RECURSIVE = 0x8000
_AT_EMPTY_PATH = 0x1000
_OPEN_TREE_CLONE, _OPEN_TREE_CLOEXEC = 1, os.O_CLOEXEC
_MOVE_MOUNT_FROM_DESCRIPTOR, _MOVE_MOUNT_TO_DESCRIPTOR = 0x04, 0x40
_AT_FDCWD = -100

_PR_CAPBSET_DROP = 24
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_CLEAR_ALL = 4
_CAPABILITY_VERSION_3 = 0x20080522
_LAST_CAPABILITY = 63

CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER = 0, 1, 3
CAP_SYS_PTRACE, CAP_SYS_NICE = 19, 23

_IN_CREATE, _IN_MOVED_TO = 0x100, 0x80
_IPC_RMID, _GETPID = 0, 11

CLONE_NEWNS = 0x00020000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000

_MS_NOSUID = 2
_MS_NODEV = 4
_MS_NOEXEC = 8
_MS_BIND = 0x1000
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


def call(number: int, *arguments: object, what: str) -> int:
    """Make a system call that the C library has no function for; its value."""
    return _check(_libc.syscall(number, *arguments), what)


def release_memory(pid: int) -> None:
    """Help the kernel to give a killed process's memory back, so that it is gone sooner.

    Source: process_mrelease(2), Linux 5.15.
    """
    # Not every build of Python has os.pidfd_open, and here that must be no other kind of error.
    fd = call(_SYS_PIDFD_OPEN, pid, 0, what="pidfd_open")
    try:
        call(_SYS_PROCESS_MRELEASE, fd, 0, what="process_mrelease")
    finally:
        os.close(fd)


def keep_mounts_private() -> None:
    """In a new mount namespace: what is mounted here shows nowhere else, and the other way."""
    _check(_libc.mount(b"none", b"/", None, _MS_REC | _MS_PRIVATE, None), "mount / private")


def mount_own_proc() -> None:
    """In new pid and mount namespaces: make ``/proc`` show the namespace's own processes."""
    flags = _MS_NOSUID | _MS_NODEV | _MS_NOEXEC
    _check(_libc.mount(b"proc", b"/proc", b"proc", flags, None), "mount /proc")


def mount_own_shared_memory() -> None:
    """In a new mount namespace: an empty ``/dev/shm`` that ends with the namespace."""
    flags = _MS_NOSUID | _MS_NODEV
    options = b"mode=1777,size=25%"
    _check(_libc.mount(b"shm", b"/dev/shm", b"tmpfs", flags, options), "mount /dev/shm")


def mount_on_itself(fd: int) -> int:
    """In a new mount namespace: make an open folder a mount, which can be treated by itself.

    Returns:
        A descriptor of the folder as it is in the new mount.
    """
    flags = ctypes.c_uint(_OPEN_TREE_CLONE | _OPEN_TREE_CLOEXEC | _AT_EMPTY_PATH | _AT_RECURSIVE)
    tree = call(_SYS_OPEN_TREE, fd, b"", flags, what="open_tree")
    try:
        flags = ctypes.c_uint(_MOVE_MOUNT_FROM_DESCRIPTOR | _MOVE_MOUNT_TO_DESCRIPTOR)
        call(_SYS_MOVE_MOUNT, tree, b"", fd, b"", flags, what="move_mount")
    except OSError:
        os.close(tree)
        raise
    return tree


def make_all_read_only() -> None:
    """In a new mount namespace: make every mount read-only."""
    _set_mount(_AT_FDCWD, b"/", _AT_RECURSIVE, read_only=True)


def make_writable(mount: int) -> None:
    """Make one mount writable again; the descriptor is of its root."""
    _set_mount(mount, b"", _AT_EMPTY_PATH, read_only=False)


def _set_mount(fd: int, path: bytes, flags: int, *, read_only: bool) -> None:
    attributes = struct.pack(
        "=QQQQ", *((_MOUNT_ATTR_RDONLY, 0) if read_only else (0, _MOUNT_ATTR_RDONLY)), 0, 0
    )
    call(
        _SYS_MOUNT_SETATTR,
        fd,
        path,
        ctypes.c_uint(flags),
        attributes,
        ctypes.c_size_t(len(attributes)),
        what="mount_setattr",
    )


def watch_new_names(folder: str) -> int:
    """A descriptor from which the names can be read that come up in a folder; non-blocking."""
    fd = _check(_libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK), "inotify_init1")
    try:
        mask = ctypes.c_uint32(_IN_CREATE | _IN_MOVED_TO)
        _check(_libc.inotify_add_watch(fd, os.fsencode(folder), mask), "inotify_add_watch")
    except OSError:
        os.close(fd)
        raise
    return fd


def remove_segment(number: int) -> None:
    """Remove a segment of System V's shared memory."""
    _check(_libc.shmctl(number, _IPC_RMID, None), "shmctl")


def remove_queue(number: int) -> None:
    """Remove a queue of System V's messages."""
    _check(_libc.msgctl(number, _IPC_RMID, None), "msgctl")


def remove_semaphores(number: int) -> None:
    """Remove a set of System V's semaphores."""
    _check(_libc.semctl(number, 0, _IPC_RMID), "semctl")


def last_to_change_semaphore(number: int) -> int:
    """The process that changed the first semaphore of a set last; 0 if none has."""
    return _check(_libc.semctl(number, 0, _GETPID), "semctl")


def renounce_capabilities(kept: tuple[int, ...]) -> None:
    """Give up root's powers but those that are named; an exec gives none of them back."""
    for number in range(_LAST_CAPABILITY + 1):
        if number not in kept:
            # One that the kernel does not know, or a set that was not ours to change: see below.
            _libc.prctl(_PR_CAPBSET_DROP, *(ctypes.c_ulong(word) for word in (number, 0, 0, 0)))
    _libc.prctl(
        _PR_CAP_AMBIENT, *(ctypes.c_ulong(word) for word in (_PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0))
    )
    _keep_capabilities(sum(1 << number for number in kept))


def renounce_capability(*numbers: int) -> None:
    """Give up a few of root's powers; an exec gives none of them back."""
    for number in numbers:
        _libc.prctl(_PR_CAPBSET_DROP, *(ctypes.c_ulong(word) for word in (number, 0, 0, 0)))
    _keep_capabilities(~sum(1 << number for number in numbers))


def _keep_capabilities(wanted: int) -> None:
    """Reduce what this process has, and may have, to a set of bits."""
    header = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)
    present = ctypes.create_string_buffer(24)
    _check(_libc.capget(header, present), "capget")
    words = struct.unpack("=IIIIII", present.raw)
    masks = (wanted & 0xFFFFFFFF,) * 3 + (wanted >> 32 & 0xFFFFFFFF,) * 3
    kept = struct.pack("=IIIIII", *(word & mask for word, mask in zip(words, masks)))
    _check(_libc.capset(header, kept), "capset")


def can_answer_calls() -> bool:
    """Whether a call that a filter asks about can be let through: Linux 5.5.

    There is nothing to try it by; what came with 5.6 tells.
    """
    try:
        call(_SYS_PIDFD_GETFD, -1, 0, 0, what="pidfd_getfd")
    except OSError as error:
        return error.errno == errno.EBADF
    return False


def install_filter(code: bytes, length: int, *, listen: bool = False) -> int:
    """Have the kernel ask a program of its BPF machine about every system call from now on.

    Args:
        code: The program, 8 bytes an instruction.
        length: How many instructions it has.
        listen: Whether to make a descriptor on which the calls are told that it asks about.

    Returns:
        The descriptor, or -1.
    """
    buffer = ctypes.create_string_buffer(code, len(code))
    header = struct.pack("@HP", length, ctypes.addressof(buffer))
    if listen:
        machine = os.uname().machine
        return call(
            _SYS_SECCOMP[machine],
            _SECCOMP_SET_MODE_FILTER,
            ctypes.c_ulong(_SECCOMP_NEW_LISTENER),
            header,
            what="seccomp",
        )
    _check(
        _libc.prctl(_PR_SET_SECCOMP, ctypes.c_ulong(_SECCOMP_MODE_FILTER), header, 0, 0),
        "PR_SET_SECCOMP",
    )
    return -1
