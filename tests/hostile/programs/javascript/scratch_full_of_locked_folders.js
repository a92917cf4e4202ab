// expect: succeeded, 42
const fs = require('fs');
const path = require('path');
let here = process.env.TMPDIR;
for (const name of 'abc') {
  here = path.join(here, name);
  fs.mkdirSync(here);
  for (let i = 0; i < 20; i++) {
    fs.writeFileSync(path.join(here, `${i}`), 'x', { mode: 0 });
    fs.mkdirSync(path.join(here, `locked-${i}`), { mode: 0 });
  }
}
for (; here !== process.env.TMPDIR; here = path.dirname(here)) fs.chmodSync(here, 0);
fs.chmodSync(here, 0);
42
