# expect: succeeded, 42
# The end of stdout never comes by itself: a child keeps it open.
import subprocess

subprocess.Popen(["sleep", "600"])
42
