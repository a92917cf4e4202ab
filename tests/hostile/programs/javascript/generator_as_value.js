// expect: failed, result
(function* () { yield 1; })()
