# expect: timed_out
# Every SIGINT and SIGTERM makes more processes, which do the same.
import os
import signal
import time


def multiply(number, frame):
    for _ in range(3):
        if os.fork() == 0:
            os.setsid()


for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, multiply)
fuse = time.monotonic() + 60
while time.monotonic() < fuse:
    time.sleep(1)
