// expect: timed_out
setInterval(() => {}, 1000);
({ then() {} })
