// expect: succeeded, 42
require('fs').rmdirSync(process.env.TMPDIR);
42
