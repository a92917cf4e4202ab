# expect: succeeded, bytes of 5000000
# Whoever maps memory that shrinks dies of SIGBUS.
import os
import threading
import time


def shrink():
    while True:
        os.ftruncate(4, 0)


threading.Thread(target=shrink, daemon=True).start()
b"x" * 5_000_000
