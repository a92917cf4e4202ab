# expect: succeeded, 42
# Two thousand files and 100 MB.
import os

for number in range(2000):
    open(f"{os.environ['TMPDIR']}/{number}", "w").close()
with open(f"{os.environ['TMPDIR']}/large", "wb") as file:
    file.write(bytes(100_000_000))
42
