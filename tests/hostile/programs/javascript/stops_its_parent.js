// expect: succeeded, 'refused'
// expect[pid-namespace]: succeeded, 'sent'
// expect[subreaper]: crashed, SupervisorLost
// A reaper that does not run could neither end the run nor tell of it.
let outcome = 'sent';
try {
  process.kill(process.ppid, 'SIGSTOP');
  if (process.ppid !== 1) await new Promise(() => setInterval(() => {}, 1000));
} catch (error) {
  if (error.code !== 'EPERM') throw error;
  outcome = 'refused';
}
outcome
