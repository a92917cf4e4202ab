// expect: failed, result
new Proxy({}, { ownKeys() { throw null; }, get() { throw null; }, getPrototypeOf() { throw null; } })
