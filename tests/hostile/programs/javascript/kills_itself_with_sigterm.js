// expect: crashed, SIGTERM
process.kill(process.pid, 'SIGTERM');
await new Promise(() => setInterval(() => {}, 1000));
