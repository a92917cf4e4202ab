// expect: succeeded, 42
require('fs').rmdirSync(process.cwd());
42
