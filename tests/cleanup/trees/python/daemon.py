# Two forks, a session of its own, every descriptor closed, its parent gone.
import os
import time

reader, writer = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.write(writer, b"!")
        os.closerange(0, 256)
        time.sleep(600)
    os._exit(0)
os.wait()
os.read(reader, 1)
