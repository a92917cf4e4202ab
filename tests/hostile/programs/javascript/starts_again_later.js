// expect: succeeded, 42
// As `at` would: it waits until the program has gone, and then starts.
const later = 'while kill -0 "$1"; do sleep 0.01; done; setsid sleep 600 & sleep 600';
require('child_process').spawn('setsid', ['sh', '-c', later, '-', process.pid], { detached: true, stdio: 'ignore' });
42
