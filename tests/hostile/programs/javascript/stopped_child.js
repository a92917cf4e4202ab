// expect: succeeded, 42
const child = require('child_process').spawn('sleep', ['600'], { stdio: 'ignore' });
child.kill('SIGSTOP');
42
