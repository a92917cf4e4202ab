# Its parent exits, and the child keeps stdout and stderr open.
import os
import time

if (parent := os.fork()) == 0:
    if os.fork() == 0:
        time.sleep(600)
    os._exit(0)
os.waitpid(parent, 0)
