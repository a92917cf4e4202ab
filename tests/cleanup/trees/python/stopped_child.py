# A process that SIGSTOP holds takes no other signal but SIGKILL.
import os
import signal

if (child := os.fork()) == 0:
    os.kill(os.getpid(), signal.SIGSTOP)
    os._exit(0)
os.waitpid(child, os.WUNTRACED)
