# Its children live in a user and pid namespace of their own, where the system allows it.
import ctypes
import os
import time

CLONE_NEWUSER, CLONE_NEWPID = 0x10000000, 0x20000000
reader, writer = os.pipe()
if os.fork() == 0:
    ctypes.CDLL(None).unshare(CLONE_NEWUSER | CLONE_NEWPID)
    for _ in range(3):
        if os.fork() == 0:
            os.fork()
            os.setsid()
            os.write(writer, b"!")
            os.closerange(0, 256)
            time.sleep(600)
    os._exit(0)
os.wait()
for _ in range(6):
    os.read(reader, 1)
