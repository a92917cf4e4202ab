// SIGINT, SIGTERM and SIGHUP start three more, which shells multiply in turn.
const { spawn } = require('child_process');
const multiplying = 'multiply() { sleep 600 & sleep 600 & }; trap multiply INT TERM HUP; while :; do sleep 1; done';
const multiply = () => {
  for (let i = 0; i < 3; i++) spawn('sh', ['-c', multiplying], { detached: true, stdio: 'ignore' }).unref();
};
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, multiply);
multiply();
