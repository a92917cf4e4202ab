# expect: timed_out
# timeout: 1
# tiers: guarded-subreaper sealed pid-namespace filtered-subreaper
# Reaper and supervisor are to get a millisecond of the processor in a minute (SCHED_DEADLINE).
import ctypes
import os
import struct

libc = ctypes.CDLL(None, use_errno=True)
SCHED_SETATTR, DEADLINE, SECOND = {"x86_64": 314, "aarch64": 274}[os.uname().machine], 6, 10**9
attributes = struct.pack(
    "=IIQiIQQQ", 48, DEADLINE, 0, 0, 0, SECOND // 1000, 60 * SECOND // 16, 60 * SECOND // 16
)


def parent(pid):
    with open(f"/proc/{pid}/stat") as file:
        return int(file.read().rpartition(")")[2].split()[1])


pid = os.getppid()
while pid > 1:
    libc.syscall(SCHED_SETATTR, pid, attributes, 0)
    pid = parent(pid)
while True:
    pass
