// expect: succeeded, {'a': [1, 2.5, None]}
const broken = () => { throw new Error('broken'); };
const value = { a: [1, 2.5, null] };
for (const what of [Array, Map, Set, WeakMap, String, Number, RegExp, Function, Promise, Error, Buffer]) {
  for (const name of Object.getOwnPropertyNames(what.prototype)) {
    try { what.prototype[name] = broken; } catch { /* read-only */ }
  }
}
Object.prototype.toJSON = broken;
Object.prototype.$ = 'int';
Object.defineProperty(Object.prototype, 'inline', { set: broken, get: broken });
value
