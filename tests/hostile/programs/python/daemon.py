# expect: succeeded, 42
# The textbook daemon: two forks, a session of its own, no descriptor of ours.
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
42
