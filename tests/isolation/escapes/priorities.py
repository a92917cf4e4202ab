# expect: refused
# To slow the notebook's kernel, by priority, policy, affinity, and what is given to its disk.
import os

IOPRIO_SET, IDLE_CLASS = 251 if x86 else 30, 3 << 13
attempt("priority", lambda: os.setpriority(os.PRIO_PROCESS, kernel, 19))
attempt("of its group", lambda: os.setpriority(os.PRIO_PGRP, group, 19))
attempt("of the user", lambda: os.setpriority(os.PRIO_USER, os.getuid(), 19))
attempt("of the user, unnamed", lambda: os.setpriority(os.PRIO_USER, 0, 19))
attempt("policy", lambda: os.sched_setscheduler(kernel, os.SCHED_IDLE, os.sched_param(0)))
attempt("affinity", lambda: os.sched_setaffinity(kernel, {0}))
attempt("disk", lambda: call(IOPRIO_SET, 1, kernel, IDLE_CLASS))
attempt("disk of the group", lambda: call(IOPRIO_SET, 2, group, IDLE_CLASS))
attempt("disk of the user", lambda: call(IOPRIO_SET, 3, os.getuid(), IDLE_CLASS))
attempt("real time", lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)))
for thread in os.listdir(f"/proc/{kernel}/task") if os.path.isdir(f"/proc/{kernel}/task") else ():
    attempt(f"thread {thread}", lambda: os.sched_setaffinity(int(thread), {0}))
