// expect: memory, heap
// timeout: 20
require('v8').setFlagsFromString('--max-old-space-size=60');
const held = [];
for (;;) held.push(new Array(1000).fill({}).map(() => ({ a: Math.random() })));
