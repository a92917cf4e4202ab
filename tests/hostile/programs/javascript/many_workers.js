// expect: succeeded, 42
const { Worker } = require('worker_threads');
for (let i = 0; i < 8; i++) new Worker('for (;;);', { eval: true });
42
