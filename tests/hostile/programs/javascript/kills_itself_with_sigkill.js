// expect: crashed, SIGKILL
process.kill(process.pid, 'SIGKILL');
await new Promise(() => setInterval(() => {}, 1000));
