# expect: timed_out
# timeout: 1
# tiers: guarded-subreaper sealed pid-namespace
# The reaper gets the least of the processor, and a storm takes the rest.
import os
import time

if os.getppid() > 1:
    os.setpriority(os.PRIO_PROCESS, os.getppid(), 19)
    os.sched_setscheduler(os.getppid(), os.SCHED_IDLE, os.sched_param(0))
fuse = time.monotonic() + 30
for _ in range(20):
    if os.fork() == 0:
        while time.monotonic() < fuse:
            if os.fork():
                os._exit(0)
        os._exit(0)
while True:
    time.sleep(60)
