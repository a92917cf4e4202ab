# expect: timed_out
# timeout: 1
# Fifty processes fork and swap roles without pause: the parent goes, the child goes on.
import os
import time

fuse = time.monotonic() + 30
for _ in range(50):
    if os.fork() == 0:
        os.setsid()
        while time.monotonic() < fuse:
            if os.fork():
                os._exit(0)
        os._exit(0)
while True:
    time.sleep(60)
