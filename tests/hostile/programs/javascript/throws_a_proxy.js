// expect: failed
// Whatever the runner reads of the thrown value throws in turn.
throw new Proxy({}, new Proxy({}, { get() { throw null; } }));
