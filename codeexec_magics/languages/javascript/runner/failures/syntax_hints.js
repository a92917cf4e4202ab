/**
 * Hints for what people type into a cell that is no JavaScript.
 *
 * Lives in the worker; adds a note to a trace.
 */
'use strict';

const $ = require('../primordials.js');
const { lineOf } = require('../source/excerpts.js');
const parser = require('../source/parser.js');

const MAGIC = /^\s*%/;
const SHELL = /^\s*!\s*\w/;
const RETURN = /^Illegal return/;
const RETURN_OUTSIDE = /return' outside of function/;
const IMPORT = /outside a module$|only valid in async functions/;

const MAGIC_HINT = "a line that starts with % is IPython's; give it a cell of its own";
const SHELL_HINT =
  "a line that starts with ! is IPython's; here use require('node:child_process').execSync";
const RETURN_HINT =
  '`return` is allowed only in a function: the result is the last expression, or what transform returns';
const PARSER_HINT =
  'top-level await and import need the parser acorn, which pip install codeexec_magics brings';

function hintFor(type, message, line) {
  if (type === 'ReferenceError') {
    return $.execute(SHELL, line) === null ? null : SHELL_HINT;
  }
  if (type !== 'SyntaxError') {
    return null;
  }
  if ($.execute(MAGIC, line) !== null) {
    return MAGIC_HINT;
  }
  if ($.execute(SHELL, line) !== null) {
    return SHELL_HINT;
  }
  if ($.execute(RETURN, message) !== null || $.execute(RETURN_OUTSIDE, message) !== null) {
    return RETURN_HINT;
  }
  return $.execute(IMPORT, message) !== null && !parser.isAvailable() ? PARSER_HINT : null;
}

/** Add the hint for a trace's innermost frame, if that is in the program. */
function add(trace, program) {
  const frame = trace.frames[trace.frames.length - 1];
  if (frame === undefined || frame.file !== program.filename) {
    return;
  }
  const hint = hintFor(trace.type, trace.message, lineOf(program, frame.file, frame.line));
  if (hint !== null) {
    trace.notes[trace.notes.length] = hint;
  }
}

module.exports = { __proto__: null, add };
