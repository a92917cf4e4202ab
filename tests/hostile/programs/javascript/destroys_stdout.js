// expect: succeeded, 42
process.stdout.destroy();
process.stderr.destroy();
Object.defineProperty(process, 'stdout', { get() { throw new Error('gone'); } });
42
