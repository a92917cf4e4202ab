# expect: timed_out
# The interrupt arrives as an exception, and is thrown away.
import time

while True:
    try:
        time.sleep(60)
    except BaseException:
        continue
