# Each process makes two more at the moment that its parent is killed.
import ctypes
import os
import signal
import time

PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None)
reader, writer = os.pipe()
fuse = time.monotonic() + 120


def live():
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    os.write(writer, b"!")
    while time.monotonic() < fuse:
        time.sleep(1)
    os._exit(0)


def multiply(number, frame):
    for _ in range(2):
        if time.monotonic() < fuse and os.fork() == 0:
            live()


previous = signal.signal(signal.SIGTERM, multiply)
for _ in range(10):
    if os.fork() == 0:
        for _ in range(3):
            if os.fork() == 0:
                live()
        live()
signal.signal(signal.SIGTERM, previous)
for _ in range(40):
    os.read(reader, 1)
