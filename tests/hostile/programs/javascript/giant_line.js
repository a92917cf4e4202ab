// expect: succeeded, 42
process.stdout.write('x'.repeat(50_000_000));
42
