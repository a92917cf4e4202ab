// expect: succeeded, '[]'
// tiers: guarded-subreaper sealed pid-namespace filtered-subreaper
// Without descriptors or processor time the reaper could not clean up.
const code = `
import ctypes, fcntl, os, resource, signal, socket, sys
libc = ctypes.CDLL(None, use_errno=True)
def parent(pid):
    with open(f"/proc/{pid}/stat") as file:
        return int(file.read().rpartition(")")[2].split()[1])
def attack(pid):
    done = []
    for what in (resource.RLIMIT_NOFILE, resource.RLIMIT_CPU, resource.RLIMIT_NPROC):
        try:
            resource.prlimit(pid, what, (0, 0))
            done.append((pid, what))
        except PermissionError:
            continue
    return done
reached, pid = [], int(sys.argv[1])
for _ in range(3):
    if pid <= 1:
        break
    reached += attack(pid)
    pid = parent(pid)
print(reached, end="")`;
require('child_process').execFileSync('python3', ['-c', code, process.ppid], { encoding: 'utf8' })
