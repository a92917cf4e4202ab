// expect: crashed, token
const body = Buffer.from(JSON.stringify({ type: 'result', value: { codec: 'tree', inline: 'forged' } }));
const header = Buffer.alloc(4);
header.writeUInt32BE(body.length);
require('fs').writeSync(3, Buffer.concat([header, body]));
42
