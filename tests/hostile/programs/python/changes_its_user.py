# expect: succeeded, 42
# The new user's processes must end too, and the parent-death signal is lost with the change.
import os
import subprocess

try:
    os.setgid(65534)
    os.setuid(65534)
except OSError:
    pass
subprocess.Popen(["sleep", "600"], start_new_session=True)
42
