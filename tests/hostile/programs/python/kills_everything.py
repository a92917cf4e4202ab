# expect: succeeded, 'everything of its own, and nothing else'
# expect[filtered-subreaper]: failed, PermissionError
# tiers: guarded-subreaper sealed pid-namespace filtered-subreaper
# kill(-1) as root would end the machine: it is sent only where nobody outside can be reached.
import os
import signal
import time

FIRST_OF_A_NAMESPACE = 1
if os.getppid() != FIRST_OF_A_NAMESPACE:
    for outside in (1, os.getppid()):
        try:
            os.kill(outside, 0)
        except PermissionError:
            continue
        raise AssertionError(f"{outside}, outside of the run, can be signalled")
child = os.fork()
if child == 0:
    time.sleep(600)
os.kill(-1, signal.SIGKILL)
_, status = os.waitpid(child, 0)
assert os.WTERMSIG(status) == signal.SIGKILL
"everything of its own, and nothing else"
