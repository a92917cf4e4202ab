# Forty generations, all alive, each in a session of its own.
import os
import time

reader, writer = os.pipe()
depth = 0
while depth < 40 and os.fork() == 0:
    depth += 1
    os.setsid()
if depth:
    os.write(writer, b"!" if depth == 40 else b"")
    time.sleep(600)
    os._exit(0)
os.read(reader, 1)
