# expect: succeeded, 42
# expect[filtered-subreaper]: failed, PermissionError
# tiers: guarded-subreaper sealed pid-namespace filtered-subreaper
# The kernel itself sends the signal, on behalf of a descriptor that the parent "owns".
import fcntl
import os
import signal
import socket

F_SETSIG = 10
ours, theirs = socket.socketpair()
for number in (signal.SIGIO, signal.SIGKILL):
    fcntl.fcntl(ours, fcntl.F_SETOWN, os.getppid())
    fcntl.fcntl(ours, F_SETSIG, int(number))
    fcntl.fcntl(ours, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
    theirs.send(b"!")
    ours.recv(1)
42
