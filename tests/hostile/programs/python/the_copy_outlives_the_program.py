# expect: crashed, code 5
# The program goes; its copy comes to the end with a value.
import os
import time

if os.fork():
    os._exit(5)
time.sleep(0.1)
43
