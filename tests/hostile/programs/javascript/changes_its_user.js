// expect: succeeded, 42
try { process.setgid(65534); process.setuid(65534); } catch { /* not root */ }
require('child_process').spawn('sleep', ['600'], { detached: true, stdio: 'ignore' });
42
