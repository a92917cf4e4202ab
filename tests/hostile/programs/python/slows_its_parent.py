# expect: timed_out
# timeout: 1
# tiers: guarded-subreaper sealed pid-namespace filtered-subreaper
# The reaper is to get the least of the processor, and a storm takes the rest.
import os
import time

attacks = (
    lambda: os.setpriority(os.PRIO_PROCESS, os.getppid(), 19),
    lambda: os.sched_setscheduler(os.getppid(), os.SCHED_IDLE, os.sched_param(0)),
    lambda: os.sched_setaffinity(os.getppid(), {0}),
)
for attack in attacks:
    try:
        attack()
    except PermissionError:
        continue
fuse = time.monotonic() + 30
for _ in range(20):
    if os.fork() == 0:
        while time.monotonic() < fuse:
            if os.fork():
                os._exit(0)
        os._exit(0)
while True:
    time.sleep(60)
