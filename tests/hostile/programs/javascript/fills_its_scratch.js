// expect: succeeded, 42
// Two thousand files and 100 MB.
const fs = require('fs');
for (let i = 0; i < 2000; i++) fs.writeFileSync(`${process.env.TMPDIR}/${i}`, 'x');
fs.writeFileSync(`${process.env.TMPDIR}/large`, Buffer.alloc(1e8, 1));
42
