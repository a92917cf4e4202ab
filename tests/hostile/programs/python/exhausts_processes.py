# expect: succeeded, 42
# As a user with a limit: no process can be started any more, while those that are there sleep.
import os
import resource
import time

reader, writer = os.pipe()
if os.fork() == 0:
    if os.getuid() == 0:
        os.setuid(65533)
    resource.setrlimit(resource.RLIMIT_NPROC, (60, 60))
    try:
        for _ in range(100):
            if os.fork() == 0:
                time.sleep(600)
                os._exit(0)
    except BlockingIOError:
        pass
    os.write(writer, b"!")
    time.sleep(600)
    os._exit(0)
os.read(reader, 1)
42
