# expect: succeeded, 42
import os

os.rmdir(os.environ["TMPDIR"])
os.mkfifo(os.environ["TMPDIR"])
42
