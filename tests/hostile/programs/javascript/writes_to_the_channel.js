// expect: crashed, ProtocolError
require('fs').writeSync(3, 'all your descriptors are belong to us');
42
