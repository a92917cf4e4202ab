# expect: succeeded, 42
# Two hundred children that nobody waits for.
import os

for _ in range(200):
    if os.fork() == 0:
        os._exit(0)
42
