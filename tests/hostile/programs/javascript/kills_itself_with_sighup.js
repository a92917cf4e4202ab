// expect: crashed, SIGHUP
process.kill(process.pid, 'SIGHUP');
await new Promise(() => setInterval(() => {}, 1000));
