# expect: succeeded, []
# tiers: guarded-subreaper sealed pid-namespace filtered-subreaper
# Without descriptors or processor time the reaper could not clean up.
import os
import resource


def parent(pid):
    with open(f"/proc/{pid}/stat") as file:
        return int(file.read().rpartition(")")[2].split()[1])


reached = []
pid = os.getppid()
for _ in range(3):
    if pid <= 1:
        break
    for what in (resource.RLIMIT_NOFILE, resource.RLIMIT_CPU, resource.RLIMIT_NPROC):
        try:
            resource.prlimit(pid, what, (0, 0))
            reached.append((pid, what))
        except PermissionError:
            continue
    pid = parent(pid)
reached
