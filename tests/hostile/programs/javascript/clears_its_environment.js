// expect: succeeded, 42
// Without marker, name, session, or descriptors they could be threads of the kernel.
const { spawn, spawnSync } = require('child_process');
spawn('/bin/sleep', ['600'], { argv0: '[kworker/0:0]', detached: true, env: {}, stdio: 'ignore' });
spawnSync('bash', ['-c', '(exec -c -a "[kworker/0:1]" setsid /bin/sleep 600 <&- >&- 2>&-) &']);
42
