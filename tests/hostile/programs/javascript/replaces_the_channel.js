// expect: crashed, descriptor 3
// The lowest free number is given next: what the runner sends would go to a file.
const fs = require('fs');
const path = require('path').join(process.env.TMPDIR, 'taken');
fs.closeSync(3);
while (fs.openSync(path, 'w+') < 3);
42
