// expect: failed, null
// A value is awaited, which asks it for `then`.
new Proxy({}, { ownKeys() { throw null; }, get() { throw null; }, getPrototypeOf() { throw null; } })
