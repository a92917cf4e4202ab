# expect: succeeded, 42
import os
import sys

sys.stdout = sys.stderr = object()
os.close(1)
os.close(2)
42
