# expect: succeeded, bytes of 100000
# The child goes on writing to the outputs arena while the value is read.
import os

if os.fork() == 0:
    while True:
        os.pwrite(5, b"y" * 1000, 0)
b"x" * 100_000
