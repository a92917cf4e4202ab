# expect: succeeded, 42
import subprocess

shell = "nohup sleep 600 >/dev/null 2>&1 & disown; setsid sleep 600 >/dev/null 2>&1 & disown -a"
subprocess.run(["bash", "-c", shell], check=True)
42
