// expect: crashed, SIGABRT
process.abort();
