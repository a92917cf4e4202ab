# expect: crashed, SIGHUP
import os
import signal

signal.signal(signal.SIGHUP, signal.SIG_DFL)
os.kill(os.getpid(), signal.SIGHUP)
