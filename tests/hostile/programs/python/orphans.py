# expect: succeeded, 42
import subprocess

for _ in range(10):
    subprocess.run(["sh", "-c", "sleep 600 & sleep 600 &"], check=True)
42
