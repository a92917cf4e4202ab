// expect: succeeded, 42
process.on('exit', () => { for (;;); });
process.on('beforeExit', () => { for (;;); });
42
