# expect: crashed, SIGXCPU
import resource
import signal

signal.signal(signal.SIGXCPU, signal.SIG_DFL)
resource.setrlimit(resource.RLIMIT_CPU, (1, 20))
while True:
    pass
