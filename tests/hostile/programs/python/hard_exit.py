# expect: crashed, code 7
import os

os._exit(7)
