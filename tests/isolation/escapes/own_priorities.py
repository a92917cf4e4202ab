# expect: 'allowed'
# What a program asks of itself and of its children is allowed.
import os
import subprocess

os.setpriority(os.PRIO_PROCESS, 0, 5)
os.sched_setaffinity(0, os.sched_getaffinity(0))
os.sched_setaffinity(os.getpid(), os.sched_getaffinity(0))
child = subprocess.Popen(["sleep", "60"], start_new_session=True)
os.setpriority(os.PRIO_PROCESS, child.pid, 10)
os.sched_setaffinity(child.pid, os.sched_getaffinity(0))
os.killpg(child.pid, 15)
child.wait()
"allowed"
