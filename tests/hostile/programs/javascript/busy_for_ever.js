// expect: timed_out
while (true);
