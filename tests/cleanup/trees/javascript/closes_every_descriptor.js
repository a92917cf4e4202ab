// Each child writes to the streams without end of line, then closes every descriptor.
const { spawn } = require('child_process');
const noise = 'printf noise; printf noise >&2; exec 1>&- 2>&- 0<&- 3>&- 4>&- 5>&-; sleep 600';
for (let i = 0; i < 3; i++) spawn('bash', ['-c', noise], { stdio: 'inherit' });
