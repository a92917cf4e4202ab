# No marker, another name, no session, no descriptor: it could be a thread of the kernel.
import os

reader, writer = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.closerange(0, writer)
        os.execve("/bin/sleep", ["[kworker/0:0]", "600"], {})
    os._exit(0)
os.wait()
os.close(writer)
os.read(reader, 1)
