// expect: succeeded, 42
const fs = require('fs');
try { for (;;) fs.openSync('/dev/null', 'r'); } catch (error) { if (error.code !== 'EMFILE') throw error; }
42
