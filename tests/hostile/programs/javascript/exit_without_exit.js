// expect: failed, never settle
// The program waits for what nothing will settle: the event loop is empty.
await new Promise(() => {});
