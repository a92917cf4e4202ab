// expect: crashed, code 4
process.exit(4);
