// expect: crashed, descriptor 5
const fs = require('fs');
fs.closeSync(5);
while (fs.openSync('/dev/null', 'w+') < 5);
Buffer.alloc(1_000_000)
