# Each child writes to the streams without end of line, then closes every descriptor.
import os
import time

for _ in range(3):
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.write(1, b"noise")
        os.write(2, b"noise")
        os.closerange(0, writer)
        os.closerange(writer + 1, 1024)
        os.close(writer)
        time.sleep(600)
        os._exit(0)
    os.close(writer)
    os.read(reader, 1)
    os.close(reader)
