# expect: crashed, descriptor
import os

os.closerange(3, 256)
42
