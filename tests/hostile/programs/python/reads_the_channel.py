# expect: succeeded, bytes of 300000
# It makes the channel non-blocking, then gives a value that is not small.
import os

os.set_blocking(3, False)
try:
    os.read(3, 1000)
except BlockingIOError:
    pass
b"x" * 300_000
