// expect: succeeded, 42
// Two hundred children that nobody waits for.
require('child_process').execFileSync('sh', ['-c', 'for i in $(seq 200); do true & done; exec true'], { stdio: 'ignore' });
42
