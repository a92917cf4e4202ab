// expect: succeeded, {'a': [1, 2.5, None]}
const broken = () => { throw new Error('broken'); };
const fs = require('fs');
for (const name of Object.keys(fs)) if (typeof fs[name] === 'function') fs[name] = broken;
process.exit = process.reallyExit = process.cwd = process.emit = broken;
const value = { a: [1, 2.5, null] };
for (const name of ['Array', 'Object', 'Map', 'Set', 'WeakMap', 'String', 'Number', 'Symbol', 'BigInt',
  'Buffer', 'Uint8Array', 'Float64Array', 'DataView', 'TextEncoder', 'TextDecoder', 'Promise', 'Error',
  'Reflect', 'Proxy', 'Math', 'Date', 'RegExp']) globalThis[name] = undefined;
value
