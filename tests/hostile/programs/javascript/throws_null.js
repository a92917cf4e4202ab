// expect: failed, null
throw null;
