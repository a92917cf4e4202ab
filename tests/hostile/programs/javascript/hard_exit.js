// expect: crashed, code 7
process.reallyExit(7);
