# expect: crashed
# A thread closes them again and again, whoever opened them.
import os
import threading

closed = threading.Event()


def close():
    while True:
        os.closerange(3, 256)
        closed.set()


threading.Thread(target=close, daemon=True).start()
closed.wait()
42
