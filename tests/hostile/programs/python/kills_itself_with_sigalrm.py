# expect: crashed, SIGALRM
import os
import signal

signal.signal(signal.SIGALRM, signal.SIG_DFL)
os.kill(os.getpid(), signal.SIGALRM)
