# tiers: guarded-subreaper sealed pid-namespace filtered-subreaper
# Signals, SIGIO by F_SETOWN, ptrace and prlimit against reaper, supervisor and kernel.
import ctypes
import fcntl
import os
import resource
import signal
import socket
import time

F_SETSIG, PTRACE_SEIZE, PTRACE_ATTACH = 10, 0x4206, 16
libc = ctypes.CDLL(None, use_errno=True)
if os.fork() == 0:
    os.setsid()
    time.sleep(600)
    os._exit(0)


def parent(pid):
    with open(f"/proc/{pid}/stat") as file:
        return int(file.read().rpartition(")")[2].split()[1])


def by_sigio(pid, number):
    ours, theirs = socket.socketpair()
    fcntl.fcntl(ours, fcntl.F_SETOWN, pid)
    fcntl.fcntl(ours, F_SETSIG, int(number))
    fcntl.fcntl(ours, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
    theirs.send(b"!")


def attacks(pid):
    for number in (signal.SIGSTOP, signal.SIGTERM, signal.SIGKILL):
        yield lambda number=number: os.kill(pid, number)
        yield lambda number=number: os.killpg(os.getpgid(pid), number)
        yield lambda number=number: by_sigio(pid, number)
    for request in (PTRACE_SEIZE, PTRACE_ATTACH):
        yield lambda request=request: libc.ptrace(request, pid, None, None)
    for what in (resource.RLIMIT_NOFILE, resource.RLIMIT_CPU, resource.RLIMIT_NPROC):
        yield lambda what=what: resource.prlimit(pid, what, (0, 0))


pid = int(os.environ.get("FIRST_VICTIM", os.getppid()))
for _ in range(3):
    if pid <= 1:
        break
    for attack in attacks(pid):
        try:
            attack()
        except OSError:
            pass
    pid = parent(pid)
