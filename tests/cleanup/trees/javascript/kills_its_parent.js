// tiers: guarded-subreaper sealed pid-namespace filtered-subreaper
// The process that would clean up is to be killed.
require('child_process').spawn('sleep', ['600'], { detached: true, stdio: 'ignore' }).unref();
const victim = process.ppid;
for (const name of ['SIGTERM', 'SIGSTOP', 'SIGKILL']) {
  try { process.kill(victim, name); } catch { /* refused */ }
}
