/**
 * The parser, loaded when it is first needed.
 *
 * Lives in the worker. Most programs run without it: it is for top-level await and import, for an
 * object literal that a script would take for a block, and for the span of a failing expression.
 */
'use strict';

const $ = require('./primordials.js');

const OPTIONS = {
  ecmaVersion: 'latest',
  allowAwaitOutsideFunction: true,
  locations: true,
  preserveParens: true,
};

let acorn = null;

/** Forget modules of ours in the cache that the program sees. */
function hideModules() {
  const paths = $.objectKeys(require.cache);
  for (let index = 0; index < paths.length; index += 1) {
    if ($.startsWith(paths[index], `${__dirname}/`)) {
      delete require.cache[paths[index]];
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
