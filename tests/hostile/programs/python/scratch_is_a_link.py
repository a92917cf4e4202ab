# expect: succeeded, 42
# Whoever empties the scratch directory must not follow it to the folder with the user's files.
import os

os.rmdir(os.environ["TMPDIR"])
os.symlink(os.getcwd(), os.environ["TMPDIR"])
42
