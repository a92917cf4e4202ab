// expect: crashed, SIGSEGV
process.kill(process.pid, 'SIGSEGV');
await new Promise(() => setInterval(() => {}, 1000));
