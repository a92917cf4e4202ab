/**
 * Makes writes to stdout and stderr wait for their reader.
 *
 * Lives in the worker. Node queues what a pipe does not take at once: a program that ends would
 * lose it, and one that prints in an endless loop would fill memory with it.
 */
'use strict';

/** Wrap the getter of a standard stream, which makes the stream when it is first used. */
function blockWhenOpened(name) {
  const original = Object.getOwnPropertyDescriptor(process, name);
  const get = () => {
    Object.defineProperty(process, name, original);
    const stream = process[name];
    stream?._handle?.setBlocking?.(true);
    return stream;
  };
  Object.defineProperty(process, name, { ...original, get });
}

/** Apply to both streams; to be called before anything is printed. */
function block() {
  blockWhenOpened('stdout');
  blockWhenOpened('stderr');
}

module.exports = { __proto__: null, block };
