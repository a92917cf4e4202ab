# tiers: guarded-subreaper sealed pid-namespace filtered-subreaper
# The process that would clean up is to be killed, by the program and by its child.
import os
import signal
import time

victim = os.getppid()
if (child := os.fork()) == 0:
    if os.fork() == 0:
        os.setsid()
        time.sleep(600)
    os._exit(0)
os.waitpid(child, 0)
for number in (signal.SIGTERM, signal.SIGSTOP, signal.SIGKILL):
    try:
        os.kill(victim, number)
    except PermissionError:
        pass
