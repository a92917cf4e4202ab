/**
 * The parser, loaded when it is first needed.
 *
 * Lives in the worker. Most programs run without it: it is for top-level await and import, for an
 * object literal that a script would take for a block, and for the span of a failing expression.
 */
'use strict';

const OPTIONS = {
  ecmaVersion: 'latest',
  allowAwaitOutsideFunction: true,
  locations: true,
  preserveParens: true,
};

let acorn = null;

/** Forget modules of ours in the cache that the program sees. */
function hideModules() {
  for (const path of Object.keys(require.cache)) {
    if (path.startsWith(`${__dirname}/`)) {
      delete require.cache[path];
    }
  }
}

/** Parse a text as `script` or `module`; throws acorn's SyntaxError, with `pos` and `loc`. */
function parse(text, sourceType) {
  if (acorn === null) {
    acorn = require('acorn');
    hideModules();
  }
  return acorn.parse(text, { ...OPTIONS, sourceType });
}

/** Whether the parser is there: a source tree may lack what the build installs. */
function isAvailable() {
  try {
    require.resolve('acorn');
    return true;
  } catch {
    return false;
  }
}

module.exports = { __proto__: null, hideModules, isAvailable, parse };
