// expect: timed_out
// The event loop never turns again.
const again = () => Promise.resolve().then(again);
await again();
