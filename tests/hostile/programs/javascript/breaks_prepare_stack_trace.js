// expect: failed, TypeError: real
Error.prepareStackTrace = () => { throw new Error('broken'); };
Error.stackTraceLimit = 0;
throw new TypeError('real');
