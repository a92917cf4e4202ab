// expect: succeeded, []
// tiers: guarded-subreaper sealed pid-namespace filtered-subreaper
const fs = require('fs');
const parent = (pid) => Number(fs.readFileSync(`/proc/${pid}/stat`, 'latin1').split(')').pop().trim().split(' ')[1]);
const reached = [];
for (let pid = process.ppid, n = 0; n < 3 && pid > 1; pid = parent(pid), n++) {
  for (const name of [0, 'SIGSTOP', 'SIGTERM', 'SIGKILL']) {
    try {
      process.kill(pid, name);
      reached.push(`${pid} ${name}`);
      break;
    } catch (error) {
      if (error.code !== 'EPERM') throw error;
    }
  }
}
reached
