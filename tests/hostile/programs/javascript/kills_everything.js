// expect: succeeded, 'everything of its own, and nothing else'
// expect[filtered-subreaper]: failed, EPERM
// tiers: guarded-subreaper sealed pid-namespace filtered-subreaper
// kill(-1) as root would end the machine: it is sent only where nobody outside can be reached.
const FIRST_OF_A_NAMESPACE = 1;
if (process.ppid !== FIRST_OF_A_NAMESPACE) {
  for (const outside of [1, process.ppid]) {
    let refused = false;
    try { process.kill(outside, 0); } catch (error) { refused = error.code === 'EPERM'; }
    if (!refused) throw new Error(`${outside}, outside of the run, can be signalled`);
  }
}
const child = require('child_process').spawn('sleep', ['600'], { stdio: 'ignore' });
process.kill(-1, 'SIGKILL');
await new Promise((resolve) => child.on('exit', resolve));
'everything of its own, and nothing else'
