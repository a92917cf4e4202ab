// expect: timed_out
process.kill(process.pid, 'SIGSTOP');
await new Promise(() => setInterval(() => {}, 1000));
