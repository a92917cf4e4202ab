// expect: failed, nested
// A hundred thousand lists in each other.
let value = [];
for (let i = 0; i < 100_000; i++) value = [value];
value
