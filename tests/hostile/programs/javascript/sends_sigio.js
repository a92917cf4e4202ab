// expect: succeeded, '[]'
// expect[filtered-subreaper]: failed, PermissionError
// tiers: guarded-subreaper sealed pid-namespace filtered-subreaper
// The kernel itself sends the signal, on behalf of a descriptor that they own.
const code = `
import ctypes, fcntl, os, resource, signal, socket, sys
libc = ctypes.CDLL(None, use_errno=True)
def parent(pid):
    with open(f"/proc/{pid}/stat") as file:
        return int(file.read().rpartition(")")[2].split()[1])
def attack(pid):
    for number in (signal.SIGIO, signal.SIGKILL):
        ours, theirs = socket.socketpair()
        fcntl.fcntl(ours, fcntl.F_SETOWN, pid)
        fcntl.fcntl(ours, 10, int(number))
        fcntl.fcntl(ours, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
        theirs.send(b"!")
    return []
reached, pid = [], int(sys.argv[1])
for _ in range(3):
    if pid <= 1:
        break
    reached += attack(pid)
    pid = parent(pid)
print(reached, end="")`;
require('child_process').execFileSync('python3', ['-c', code, process.ppid], { encoding: 'utf8' })
