# expect: succeeded, 'refused'
# expect[subreaper]: crashed, SupervisorLost
# A reaper that does not run could neither end the run nor tell of it.
import os
import signal
import time

try:
    os.kill(os.getppid(), signal.SIGSTOP)
    if os.getppid() != 1:
        time.sleep(60)
except PermissionError:
    pass
"refused"
