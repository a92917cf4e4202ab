// expect: succeeded, 42
setInterval(() => {}, 1000);
require('http').createServer().listen(0, '127.0.0.1');
42
