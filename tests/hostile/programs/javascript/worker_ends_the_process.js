// expect: crashed, SIGKILL
const { Worker } = require('worker_threads');
new Worker(`process.kill(process.pid, 'SIGKILL')`, { eval: true });
await new Promise(() => setInterval(() => {}, 1000));
