# expect: succeeded, 42
import atexit
import time

atexit.register(time.sleep, 600)
42
