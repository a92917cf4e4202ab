# The orphans come to a process of the tree, which waits for none of them.
import ctypes
import os
import time

PR_SET_CHILD_SUBREAPER = 36
reader, writer = os.pipe()
if os.fork() == 0:
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    for _ in range(5):
        if os.fork() == 0:
            if os.fork() == 0:
                os.setsid()
                os.write(writer, b"!")
                time.sleep(600)
            os._exit(0)
    time.sleep(600)
    os._exit(0)
for _ in range(5):
    os.read(reader, 1)
