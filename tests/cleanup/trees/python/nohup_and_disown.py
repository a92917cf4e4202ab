# What shells offer against hanging up, and one that waits for the end to start again, as `at` would.
import subprocess

shell = """
nohup sleep 600 >/dev/null 2>&1 & disown
setsid sleep 600 >/dev/null 2>&1 & disown -a
nohup setsid sh -c 'while kill -0 "$1"; do sleep 0.01; done; setsid sleep 600 & sleep 600' - "$PPID" \
    >/dev/null 2>&1 & disown
"""
subprocess.run(["bash", "-c", shell], check=True)
