# expect: crashed, ProtocolError
import os

for fd in range(3, 256):
    try:
        os.write(fd, b"all your descriptors are belong to us")
    except OSError:
        continue
42
