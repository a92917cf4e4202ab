# The child's stop belongs to a tracer that will never let it go on.
import ctypes
import os
import signal

PTRACE_TRACEME = 0
if (child := os.fork()) == 0:
    ctypes.CDLL(None).ptrace(PTRACE_TRACEME, 0, 0, 0)
    os.kill(os.getpid(), signal.SIGUSR1)
    os._exit(0)
os.waitpid(child, os.WUNTRACED)
