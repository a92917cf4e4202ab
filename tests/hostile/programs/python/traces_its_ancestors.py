# expect: succeeded, []
# tiers: guarded-subreaper sealed pid-namespace filtered-subreaper
# A tracer could stop the reaper, or read the kernel's memory.
import ctypes
import os

PTRACE_ATTACH, PTRACE_SEIZE = 16, 0x4206
libc = ctypes.CDLL(None, use_errno=True)


def parent(pid):
    with open(f"/proc/{pid}/stat") as file:
        return int(file.read().rpartition(")")[2].split()[1])


reached = []
pid = os.getppid()
for _ in range(3):
    if pid <= 1:
        break
    for request in (PTRACE_SEIZE, PTRACE_ATTACH):
        if libc.ptrace(request, pid, None, None) == 0:
            reached.append((pid, request))
    for name in ("mem", "fd/0"):
        try:
            os.close(os.open(f"/proc/{pid}/{name}", os.O_RDWR if name == "mem" else os.O_RDONLY))
            reached.append((pid, name))
        except OSError:
            continue
    pid = parent(pid)
reached
