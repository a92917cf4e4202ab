# expect: failed, ValueError: nothing left to open
import os


def exhaust():
    while True:
        os.open("/dev/null", os.O_RDONLY)


try:
    exhaust()
except OSError:
    pass
raise ValueError("nothing left to open")
