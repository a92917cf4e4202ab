// expect: succeeded, 42
// Its orphans come to it, not to us.
const code = `
import ctypes, os, time
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
for _ in range(5):
    if os.fork() == 0:
        if os.fork() == 0:
            os.setsid()
            time.sleep(600)
        os._exit(0)
print(flush=True)
time.sleep(600)`;
const child = require('child_process').spawn('python3', ['-c', code], { stdio: ['ignore', 'pipe', 'ignore'] });
await new Promise((resolve) => child.stdout.once('data', resolve));
42
