# Fifty processes that fork and swap roles without pause: the parent goes, the child goes on.
import os
import time

fuse = time.monotonic() + 60
gate, key = os.pipe()
for _ in range(50):
    if os.fork() == 0:
        os.setsid()
        os.close(key)
        os.read(gate, 1)
        while time.monotonic() < fuse:
            if os.fork():
                os._exit(0)
        os._exit(0)
os.close(key)
