# expect: succeeded, 'refused'
# expect[pid-namespace]: succeeded, 'refused'
# expect[subreaper]: crashed, SupervisorLost
# In a pid namespace the parent is its first process, which the kernel protects from its own.
import os
import signal
import time

try:
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(0.2 if os.getppid() == 1 else 60)
except PermissionError:
    pass
"refused"
