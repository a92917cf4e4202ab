// expect: succeeded, 'refused'
// expect[pid-namespace]: succeeded, 'sent'
// expect[subreaper]: crashed, SupervisorLost
// In a pid namespace the parent is its first process, which the kernel protects from its own.
let outcome = 'sent';
try {
  process.kill(process.ppid, 'SIGKILL');
  if (process.ppid !== 1) await new Promise(() => setInterval(() => {}, 1000));
} catch (error) {
  if (error.code !== 'EPERM') throw error;
  outcome = 'refused';
}
outcome
