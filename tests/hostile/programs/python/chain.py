# expect: succeeded, 40
# Forty generations, all alive.
import os
import time

reader, writer = os.pipe()
depth = 0
while depth < 40 and os.fork() == 0:
    depth += 1
if depth:
    os.write(writer, b"!" if depth == 40 else b"")
    time.sleep(600)
os.read(reader, 1)
40
