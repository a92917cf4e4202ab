// expect: succeeded, 42
const { execFileSync } = require('child_process');
for (let i = 0; i < 10; i++) execFileSync('sh', ['-c', 'sleep 600 & sleep 600 &'], { stdio: 'ignore' });
42
