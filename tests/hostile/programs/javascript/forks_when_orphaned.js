// expect: timed_out
// timeout: 1
// Each process forks at the moment that its parent is killed: it spawns during the kill.
const code = `
import ctypes, os, signal, time
fuse = time.monotonic() + 60
def live():
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)
    while time.monotonic() < fuse:
        time.sleep(1)
    os._exit(0)
def multiply(number, frame):
    for _ in range(2):
        if time.monotonic() < fuse and os.fork() == 0:
            live()
signal.signal(signal.SIGTERM, multiply)
for _ in range(10):
    if os.fork() == 0:
        live()
live()`;
require('child_process').spawn('python3', ['-c', code], { stdio: 'ignore' });
await new Promise(() => setInterval(() => {}, 1000));
