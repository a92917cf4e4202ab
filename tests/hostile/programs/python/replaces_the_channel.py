# expect: crashed, descriptor 3
# What the runner sends would go to a file.
import os

fd = os.open(os.path.join(os.environ["TMPDIR"], "taken"), os.O_RDWR | os.O_CREAT)
os.dup2(fd, 3)
42
