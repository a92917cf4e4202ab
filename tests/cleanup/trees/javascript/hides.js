// No marker, another name, no session, no descriptor: it could be a thread of the kernel.
const { spawn, spawnSync } = require('child_process');
spawn('/bin/sleep', ['600'], { argv0: '[kworker/0:0]', detached: true, env: {}, stdio: 'ignore' }).unref();
spawnSync('bash', ['-c', '(exec -c -a "[kworker/0:1]" setsid /bin/sleep 600 <&- >&- 2>&-) &']);
