// expect: timed_out
process.on('uncaughtException', () => {});
process.on('unhandledRejection', () => {});
process.on('SIGINT', () => { throw new Error('never mind'); });
for (;;) {
  try { await new Promise((resolve, reject) => setTimeout(reject, 10)); } catch { /* go on */ }
}
