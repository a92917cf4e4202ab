// expect: crashed, code 0
process.exit(0);
