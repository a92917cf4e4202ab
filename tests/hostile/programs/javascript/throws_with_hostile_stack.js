// expect: failed
const error = new Error('message');
Object.defineProperty(error, 'stack', { get() { throw error; } });
Object.defineProperty(error, 'message', { get() { throw error; } });
Object.defineProperty(error, 'cause', { get() { return error; } });
throw error;
