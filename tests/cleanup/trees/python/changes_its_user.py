# As root: its child becomes somebody else, who loses the parent-death signal and may not be seen.
import os
import time

reader, writer = os.pipe()
if os.fork() == 0:
    os.setsid()
    try:
        os.setgid(65534)
        os.setuid(65534)
    except OSError:
        pass
    if os.fork() == 0:
        os.setsid()
    os.write(writer, b"!")
    time.sleep(600)
    os._exit(0)
for _ in range(2):
    os.read(reader, 1)
