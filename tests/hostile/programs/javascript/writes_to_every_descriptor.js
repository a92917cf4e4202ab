// expect: crashed
// Node's own event loop has descriptors there as well.
const fs = require('fs');
for (let fd = 3; fd < 256; fd++) {
  try { fs.writeSync(fd, 'all your descriptors are belong to us'); } catch { /* not open */ }
}
42
