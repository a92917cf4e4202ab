# SIGINT, SIGTERM and SIGHUP make three more of each process, which do the same.
import os
import signal
import time


fuse = time.monotonic() + 120


def multiply(number, frame):
    for _ in range(3):
        if time.monotonic() < fuse and os.fork() == 0:
            os.setsid()


for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, multiply)
for _ in range(2):
    if os.fork() == 0:
        while time.monotonic() < fuse:
            time.sleep(1)
        os._exit(0)
