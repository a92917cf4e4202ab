// A process that SIGSTOP holds takes no other signal but SIGKILL.
const child = require('child_process').spawn('sleep', ['600'], { stdio: 'ignore' });
child.kill('SIGSTOP');
