/**
 * Makes writes to stdout and stderr wait for their reader, and colours that can be read.
 *
 * Lives in the worker. Node queues what a pipe does not take at once: a program that ends would
 * lose it, and one that prints in an endless loop would fill memory with it.
 */
'use strict';

const { inspect } = require('node:util');

/** Numbers of the 256 colours that terminals, JupyterLab and nbconvert have. */
const COLOURS = {
  bigint: 130,
  boolean: 97,
  date: 133,
  module: 28,
  name: 133,
  number: 130,
  regexp: 133,
  special: 31,
  string: 28,
  symbol: 28,
};

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

/**
 * Let `console.log` write in colours that can be read on white and on black.
 *
 * Node's own yellow on white has a contrast of 1.9 to 1; these have about 4 to 1 on both.
 */
function colour() {
  const { colors, styles } = inspect;
  const kinds = Object.entries(COLOURS);
  for (const [kind, number] of kinds) {
    colors[`readable ${kind}`] = [`38;5;${number}`, 39];
    styles[kind] = `readable ${kind}`;
  }
}

module.exports = { __proto__: null, block, colour };
