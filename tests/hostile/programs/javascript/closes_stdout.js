// expect: succeeded, 42
require('fs').closeSync(1);
require('fs').closeSync(2);
42
