// expect: succeeded, 42
// Forty generations of shells, all alive.
const { spawn } = require('child_process');
const chain = 'if [ "$1" -gt 0 ]; then sh -c "$0" "$0" $(($1 - 1)) & else echo; fi; exec sleep 600';
const child = spawn('sh', ['-c', chain, chain, '40'], { stdio: ['ignore', 'pipe', 'ignore'] });
await new Promise((resolve) => child.stdout.once('data', resolve));
42
