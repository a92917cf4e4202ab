# expect: succeeded, 42
# As `at` would: it waits until the program has gone, and then starts.
import os
import subprocess

later = 'while kill -0 "$1"; do sleep 0.01; done; setsid sleep 600 & sleep 600'
subprocess.Popen(["setsid", "sh", "-c", later, "-", str(os.getpid())], start_new_session=True)
42
