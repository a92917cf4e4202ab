// expect: crashed, descriptor 3
require('fs').closeSync(3);
42
