# expect: crashed, ProtocolError
# A fork without exec still has the channel.
import os

reader, writer = os.pipe()
if os.fork() == 0:
    while True:
        os.write(3, b"\0\0\0\1{")
        os.write(writer, b"!")
os.read(reader, 1)
42
