# expect: refused
# To signal, trace, read, write, or limit the notebook's kernel and what supervises the program.
import ctypes
import os
import resource

PTRACE, SEIZE, VM_WRITE, PIDFD_OPEN, PIDFD_SIGNAL = (
    101 if x86 else 117,
    0x4206,
    311 if x86 else 271,
    434,
    424,
)
TKILL, TGKILL, QUEUE = (200, 234, 129) if x86 else (130, 131, 138)
word = ctypes.create_string_buffer(16)
vector = (ctypes.c_ulong * 2)(ctypes.addressof(word), 1)


def by_descriptor(pid):
    fd = call(PIDFD_OPEN, pid, 0)
    return call(PIDFD_SIGNAL, fd, 0, 0, 0)


def by_folder(pid):
    return call(PIDFD_SIGNAL, os.open(f"/proc/{pid}", os.O_RDONLY), 0, 0, 0)


for name, pid in {"kernel": kernel, "reaper": os.getppid()}.items():
    attempt(f"{name}: signal", lambda: os.kill(pid, 0))
    attempt(f"{name}: thread", lambda: call(TKILL, pid, 0))
    attempt(f"{name}: thread of", lambda: call(TGKILL, pid, pid, 0))
    attempt(f"{name}: queued", lambda: call(QUEUE, pid, 10, ctypes.addressof(word)))
    attempt(f"{name}: descriptor", lambda: by_descriptor(pid))
    attempt(f"{name}: folder", lambda: by_folder(pid))
    attempt(f"{name}: trace", lambda: call(PTRACE, SEIZE, pid, 0, 0))
    there = ctypes.addressof(vector)
    attempt(f"{name}: write", lambda: call(VM_WRITE, pid, there, 1, there, 1, 0))
    attempt(f"{name}: memory", lambda: open(f"/proc/{pid}/mem", "rb"))
    attempt(f"{name}: environment", lambda: open(f"/proc/{pid}/environ", "rb").read())
    attempt(f"{name}: limit", lambda: resource.prlimit(pid, resource.RLIMIT_NOFILE, (5, 5)))
