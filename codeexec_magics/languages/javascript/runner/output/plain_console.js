/**
 * A console that keeps nothing of what it prints.
 *
 * Lives in the worker. While there is a session of the inspector, Node's own console gives it a
 * copy of all that is printed, and it keeps the last thousand objects alive: a program that prints
 * one large object after another would run out of memory.
 */
'use strict';

/** Let a method be the plain console's from its first use on; only then the streams are opened. */
function replace(name, open) {
  const shared = { __proto__: null, enumerable: true, configurable: true };
  const set = (value) => Object.defineProperty(console, name, { ...shared, writable: true, value });
  const get = () => {
    const method = open()[name];
    set(method);
    return method;
  };
  Object.defineProperty(console, name, { ...shared, get, set });
}

/** Replace the methods of the global console; to be called before the program runs. */
function install() {
  const { Console } = console;
  let plain = null;
  const open = () => {
    plain ??= new Console(process.stdout, process.stderr);
    return plain;
  };
  for (const name of Object.keys(console)) {
    if (typeof Console.prototype[name] === 'function') {
      replace(name, open);
    }
  }
}

module.exports = { __proto__: null, install };
