# expect: succeeded, 42
import os

child = os.fork()
if child == 0:
    raise ValueError("in the copy")
os.waitpid(child, 0)
42
