# expect: succeeded, 42
import os

here = os.environ["TMPDIR"]
os.rename(here, here + "-elsewhere")
42
