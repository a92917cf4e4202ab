"""The numbers of system calls, by architecture.

Plain values, used where filters are made and where calls that they ask about are decided.

Sources: the kernel's tables (``arch/x86/entry/syscalls``, ``arch/arm/tools/syscall.tbl``,
``include/uapi/asm-generic/unistd.h``).
"""

from __future__ import annotations

ARCHITECTURES = {
    "x86_64": 0xC000003E,
    "i386": 0x40000003,
    "aarch64": 0xC00000B7,
    "arm": 0x40000028,
}
NATIVE = {"x86_64": ("x86_64", "i386"), "aarch64": ("aarch64", "arm")}
"""A machine's own architecture, and the one of 32 bits that its kernel may run as well."""

_SEVERAL = {
    "kill": (62, 37, 129, 37),
    "tkill": (200, 238, 130, 238),
    "tgkill": (234, 270, 131, 268),
    "rt_sigqueueinfo": (129, 178, 138, 178),
    "rt_tgsigqueueinfo": (297, 335, 240, 363),
    "pidfd_send_signal": (424, 424, 424, 424),
    "pidfd_getfd": (438, 438, 438, 438),
    "process_madvise": (440, 440, 440, 440),
    "process_mrelease": (448, 448, 448, 448),
    "ptrace": (101, 26, 117, 26),
    "process_vm_readv": (310, 347, 270, 376),
    "process_vm_writev": (311, 348, 271, 377),
    "prlimit64": (302, 340, 261, 369),
    "sched_setparam": (142, 154, 118, 154),
    "sched_setscheduler": (144, 156, 119, 156),
    "sched_setattr": (314, 351, 274, 380),
    "sched_setaffinity": (203, 241, 122, 241),
    "setpriority": (141, 97, 140, 97),
    "ioprio_set": (251, 289, 30, 314),
    "move_pages": (279, 317, 239, 344),
    "migrate_pages": (256, 294, 238, 400),
    "perf_event_open": (298, 336, 241, 364),
    "fcntl": (72, 55, 25, 55),
    "fcntl64": (None, 221, None, 221),
    "ioctl": (16, 54, 29, 54),
}
_NATIVE_ONLY = {
    "socket": (41, 198),
    "socketpair": (53, 199),
    "io_uring_setup": (425, 425),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "shmdt": (67, 197),
    "semget": (64, 190),
    "semop": (65, 193),
    "semctl": (66, 191),
    "semtimedop": (220, 192),
    "msgget": (68, 186),
    "msgsnd": (69, 189),
    "msgrcv": (70, 188),
    "msgctl": (71, 187),
    "mq_open": (240, 180),
    "mq_unlink": (241, 181),
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, None),
    "fchown": (93, 55),
    "lchown": (94, None),
    "fchownat": (260, 54),
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    "utimensat": (280, 88),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "setxattrat": (463, 463),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "removexattrat": (466, 466),
    "file_setattr": (469, 469),
}

NUMBERS: dict[str, dict[str, int]] = {
    **{
        call: {
            name: number
            for name, number in zip(("x86_64", "i386", "aarch64", "arm"), numbers)
            if number is not None
        }
        for call, numbers in _SEVERAL.items()
    },
    **{
        call: {
            name: number
            for name, number in zip(("x86_64", "aarch64"), numbers)
            if number is not None
        }
        for call, numbers in _NATIVE_ONLY.items()
    },
}
"""Call → architecture → its number there; a call that an architecture lacks has none."""
