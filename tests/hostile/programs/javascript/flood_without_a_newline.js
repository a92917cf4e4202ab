// expect: timed_out
const fs = require('fs');
const text = 'x'.repeat(100_000);
for (;;) {
  try { fs.writeSync(1, text); fs.writeSync(2, text); } catch { /* EAGAIN */ }
}
