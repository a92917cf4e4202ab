// Nothing that can be ignored reaches the program or its child.
for (const name of Object.keys(require('os').constants.signals)) {
  try { process.on(name, () => {}); } catch { /* SIGKILL, SIGSTOP */ }
}
const stubborn = 'trap "" INT TERM HUP QUIT USR1 USR2; sleep 600 & setsid sleep 600 &';
require('child_process').execFileSync('sh', ['-c', stubborn], { stdio: 'ignore' });
