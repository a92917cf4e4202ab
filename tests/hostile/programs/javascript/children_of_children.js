// expect: succeeded, 42
// Node below Node, each with a channel of its own.
const { spawnSync } = require('child_process');
const code = `
const { spawn } = require('child_process');
for (let i = 0; i < 3; i++) spawn('sleep', ['600'], { detached: true, stdio: 'ignore' }).unref();`;
spawnSync(process.execPath, ['-e', code]);
42
