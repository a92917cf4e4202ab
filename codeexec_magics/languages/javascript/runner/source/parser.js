/**
 * The parser, loaded when it is first needed.
 *
 * Lives in the worker. Most programs run without it: it is for top-level await and import, for an
 * object literal that a script would take for a block, and for the span of a failing expression.
 */
'use strict';

const { use } = require('../used.js');

const OPTIONS = {
  ecmaVersion: 'latest',
  allowAwaitOutsideFunction: true,
  locations: true,
  preserveParens: true,
};

let acorn = null;

/** Load the parser, unless it is loaded or missing. */
function load() {
  if (acorn === null && isAvailable()) {
    acorn = require('acorn');
  }
}

/** Parse a text as `script` or `module`; throws acorn's SyntaxError, with `pos` and `loc`. */
function parse(text, sourceType) {
  use('parser');
  load();
  return acorn.parse(text, { ...OPTIONS, sourceType });
}

/** Whether the parser is there: a source tree may lack what the build installs. */
function isAvailable() {
  try {
    return acorn !== null || require.resolve('acorn') !== '';
  } catch {
    return false;
  }
}

module.exports = { __proto__: null, isAvailable, load, parse };
