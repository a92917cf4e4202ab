// expect: succeeded, 42
require('child_process').execFileSync('bash', [
  '-c', 'nohup sleep 600 >/dev/null 2>&1 & disown; setsid sleep 600 >/dev/null 2>&1 & disown -a',
]);
42
