// expect: timed_out
// timeout: 1
// Shells that start the next one and go, until a minute is over.
const storm = `
storm() { [ $SECONDS -lt 30 ] && { storm & exit; }; }
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do storm & done; sleep 600`;
require('child_process').spawn('bash', ['-c', storm], { detached: true, stdio: 'ignore' });
await new Promise(() => setInterval(() => {}, 1000));
