// Each process makes two more at the moment that its parent is killed.
const { spawn } = require('child_process');
const code = `
import runpy, sys, time
runpy.run_path(sys.argv[1])
print(flush=True)
time.sleep(120)`;
const child = spawn(python, ['-c', code, `${trees}/python/spawns_during_the_kill.py`], { stdio: ['ignore', 'pipe', 'ignore'] });
await new Promise((resolve) => child.stdout.once('data', resolve));
