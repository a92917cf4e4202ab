// expect: succeeded, 42
// As a user with a limit: no process can be started any more, while those that are there sleep.
const code = `
import os, resource, time
os.getuid() or os.setuid(65533)
resource.setrlimit(resource.RLIMIT_NPROC, (60, 60))
try:
    for _ in range(100):
        if os.fork() == 0:
            time.sleep(600)
except BlockingIOError:
    pass
print(flush=True)
time.sleep(600)`;
const child = require('child_process').spawn('python3', ['-c', code], { stdio: ['ignore', 'pipe', 'ignore'] });
await new Promise((resolve) => child.stdout.once('data', resolve));
42
