# Nothing that can be ignored or blocked reaches the program or its child.
import os
import signal
import time

for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(number, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.Signals))
if os.fork() == 0:
    os.setsid()
    time.sleep(600)
    os._exit(0)
