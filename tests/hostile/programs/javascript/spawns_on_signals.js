// expect: timed_out
const { spawn } = require('child_process');
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(name, () => {
    for (let i = 0; i < 3; i++) spawn('sleep', ['600'], { detached: true, stdio: 'ignore' }).unref();
  });
}
await new Promise(() => setInterval(() => {}, 1000));
