// expect: succeeded, 42
// Fifty shells that start the next one and go, while the value is given.
const storm = `
storm() { [ $SECONDS -lt 30 ] && { storm & exit; }; }
for i in {1..50}; do storm & done`;
require('child_process').spawn('bash', ['-c', storm], { detached: true, stdio: 'ignore' });
42
