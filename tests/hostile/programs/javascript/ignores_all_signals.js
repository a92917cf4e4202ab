// expect: timed_out
for (const name of Object.keys(require('os').constants.signals)) {
  try { process.on(name, () => {}); } catch { /* SIGKILL, SIGSTOP */ }
}
await new Promise(() => setInterval(() => {}, 1000));
