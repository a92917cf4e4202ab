// expect: memory, heap
// environment: NODE_OPTIONS=--max-old-space-size=60
const held = [];
for (;;) held.push(new Array(1000).fill(0).map(() => ({ a: Math.random() })));
