# expect: succeeded, 42
# A thousand folders in each other: no path names the last one.
import os

os.chdir(os.environ["TMPDIR"])
for _ in range(1000):
    os.mkdir("a-rather-long-name")
    os.chdir("a-rather-long-name")
    with open(".lifted-1", "w") as file:
        file.write("x")
42
