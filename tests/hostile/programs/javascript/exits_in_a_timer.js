// expect: crashed, code 6
setTimeout(() => process.exit(6), 1);
await new Promise(() => {});
