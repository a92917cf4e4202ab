# expect: succeeded, 42
import os

os.rmdir(os.getcwd())
42
