// tiers: guarded-subreaper sealed pid-namespace filtered-subreaper
// Signals, SIGIO by F_SETOWN, ptrace and prlimit against reaper, supervisor and kernel.
const fs = require('fs');
const { spawn, spawnSync } = require('child_process');
spawn('sleep', ['600'], { detached: true, stdio: 'ignore' }).unref();
const parent = (pid) => Number(fs.readFileSync(`/proc/${pid}/stat`, 'latin1').split(')').pop().trim().split(' ')[1]);
for (let pid = process.ppid, n = 0; n < 3 && pid > 1; pid = parent(pid), n++) {
  for (const name of ['SIGSTOP', 'SIGTERM', 'SIGKILL']) {
    try { process.kill(pid, name); } catch { /* refused */ }
  }
}
spawnSync(python, [`${trees}/python/attacks_its_ancestors.py`], { stdio: 'ignore', env: { FIRST_VICTIM: process.ppid } });
