// expect: succeeded, '[]'
// tiers: guarded-subreaper sealed pid-namespace filtered-subreaper
// A tracer could stop the reaper, or read the kernel's memory.
const code = `
import ctypes, fcntl, os, resource, signal, socket, sys
libc = ctypes.CDLL(None, use_errno=True)
def parent(pid):
    with open(f"/proc/{pid}/stat") as file:
        return int(file.read().rpartition(")")[2].split()[1])
def attack(pid):
    return [(pid, one) for one in (0x4206, 16) if libc.ptrace(one, pid, None, None) == 0]
reached, pid = [], int(sys.argv[1])
for _ in range(3):
    if pid <= 1:
        break
    reached += attack(pid)
    pid = parent(pid)
print(reached, end="")`;
require('child_process').execFileSync('python3', ['-c', code, process.ppid], { encoding: 'utf8' })
