// expect: timed_out
// A regular expression that backtracks without end.
/^(a+)+$/.test('a'.repeat(60) + 'b');
