// Its parent exits, and the grandchild keeps stdout and stderr open.
require('child_process').spawnSync('sh', ['-c', 'sleep 600 & sleep 600 &'], { stdio: 'inherit' });
