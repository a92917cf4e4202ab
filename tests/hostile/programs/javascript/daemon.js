// expect: succeeded, 42
// A session of its own, no descriptor of ours, its parent gone.
const { execFileSync, spawn } = require('child_process');
spawn('sleep', ['600'], { detached: true, stdio: 'ignore', env: {} }).unref();
execFileSync('sh', ['-c', 'setsid sh -c "sleep 600 & sleep 600 &" <&- >&- 2>&- &']);
42
