# expect: timed_out
# Each process forks at the moment that its parent is killed: it spawns during the kill.
import ctypes
import os
import signal
import time

PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None)
fuse = time.monotonic() + 60


def live():
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    while time.monotonic() < fuse:
        time.sleep(1)
    os._exit(0)


def multiply(number, frame):
    for _ in range(2):
        if time.monotonic() < fuse and os.fork() == 0:
            live()


signal.signal(signal.SIGTERM, multiply)
for _ in range(10):
    if os.fork() == 0:
        for _ in range(3):
            if os.fork() == 0:
                live()
        live()
while True:
    time.sleep(60)
