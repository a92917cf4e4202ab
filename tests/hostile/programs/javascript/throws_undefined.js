// expect: failed, undefined
throw undefined;
