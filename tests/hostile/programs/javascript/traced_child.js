// expect: succeeded, 42
// The stop belongs to a tracer that will never let it go on.
const code = `
import ctypes, os, signal
if (child := os.fork()) == 0:
    ctypes.CDLL(None).ptrace(0, 0, 0, 0)
    os.kill(os.getpid(), signal.SIGUSR1)
os.waitpid(child, os.WUNTRACED)
print(flush=True)
signal.pause()`;
const child = require('child_process').spawn('python3', ['-c', code], { stdio: ['ignore', 'pipe', 'ignore'] });
await new Promise((resolve) => child.stdout.once('data', resolve));
42
