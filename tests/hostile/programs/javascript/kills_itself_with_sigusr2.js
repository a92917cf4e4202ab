// expect: crashed, SIGUSR2
process.kill(process.pid, 'SIGUSR2');
await new Promise(() => setInterval(() => {}, 1000));
