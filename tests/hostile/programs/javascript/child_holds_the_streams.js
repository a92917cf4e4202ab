// expect: succeeded, 42
require('child_process').spawn('sleep', ['600'], { stdio: 'inherit' });
42
