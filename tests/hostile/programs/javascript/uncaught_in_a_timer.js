// expect: failed, Error: in a timer
setTimeout(() => { throw new Error('in a timer'); }, 1);
await new Promise((resolve) => setTimeout(resolve, 600_000));
