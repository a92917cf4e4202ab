# expect: succeeded, 42
# The same with the value given while the storm goes on.
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
42
