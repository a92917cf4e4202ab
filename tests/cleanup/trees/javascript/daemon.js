// Detached children, and two forks below a shell without any descriptor.
const { execFileSync, spawn } = require('child_process');
spawn('sleep', ['600'], { detached: true, stdio: 'ignore', env: {} }).unref();
execFileSync('sh', ['-c', 'setsid sh -c "sleep 600 & sleep 600 &" <&- >&- 2>&- &']);
