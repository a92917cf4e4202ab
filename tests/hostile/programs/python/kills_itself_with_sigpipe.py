# expect: crashed, SIGPIPE
import os
import signal

signal.signal(signal.SIGPIPE, signal.SIG_DFL)
os.kill(os.getpid(), signal.SIGPIPE)
