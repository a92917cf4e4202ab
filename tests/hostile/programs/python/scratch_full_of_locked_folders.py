# expect: succeeded, 42
import os

here = os.environ["TMPDIR"]
for name in "abc":
    here = os.path.join(here, name)
    os.mkdir(here)
    for number in range(20):
        with open(os.path.join(here, str(number)), "w") as file:
            file.write("x")
        os.chmod(os.path.join(here, str(number)), 0)
        os.mkdir(os.path.join(here, f"locked-{number}"), 0o000)
while here != os.environ["TMPDIR"]:
    os.chmod(here, 0o000)
    here = os.path.dirname(here)
os.chmod(here, 0o000)
42
