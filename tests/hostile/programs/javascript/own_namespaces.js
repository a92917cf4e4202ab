// expect: succeeded, 42
// Grandchildren in a user and pid namespace of their own, where the system allows it.
const code = `
import ctypes, os, time
ctypes.CDLL(None).unshare(0x30000000)
for _ in range(3):
    if os.fork() == 0:
        os.fork()
        os.setsid()
        os.closerange(0, 256)
        time.sleep(600)`;
require('child_process').spawnSync('python3', ['-c', code], { stdio: 'ignore' });
42
