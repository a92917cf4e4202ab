// The orphans come to a process below Node, which waits for none of them.
const { spawn } = require('child_process');
const code = `
import ctypes, runpy, sys
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
runpy.run_path(sys.argv[1])
print(flush=True)
sys.stdin.read()`;
const child = spawn(python, ['-c', code, `${trees}/python/own_subreaper.py`], { detached: true, stdio: ['pipe', 'pipe', 'ignore'] });
await new Promise((resolve) => child.stdout.once('data', resolve));
