# expect: succeeded, []
# tiers: guarded-subreaper sealed pid-namespace filtered-subreaper
# Kill, stop, or interrupt the reaper, the supervisor, and the kernel, if it can see them.
import os
import signal


def parent(pid):
    with open(f"/proc/{pid}/stat") as file:
        return int(file.read().rpartition(")")[2].split()[1])


reached = []
pid = os.getppid()
for _ in range(3):
    if pid <= 1:
        break
    for number in (0, signal.SIGSTOP, signal.SIGTERM, signal.SIGKILL):
        try:
            os.kill(pid, number)
            reached.append((pid, number))
            break
        except PermissionError:
            continue
    try:
        os.killpg(os.getpgid(pid), signal.SIGKILL)
        reached.append((pid, "group"))
    except PermissionError:
        pass
    pid = parent(pid)
reached
