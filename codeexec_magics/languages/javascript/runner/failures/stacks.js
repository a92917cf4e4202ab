/**
 * A thrown error → the lines of its stack, and the place of a syntax error.
 *
 * Lives in the worker and works after the program, which may have put anything into `stack`.
 */
'use strict';

const vm = require('node:vm');
const $ = require('../primordials.js');
const { attempt } = require('../refusal.js');
const { rawStack } = require('./visible_stacks.js');

const RETHROW_FILE = 'node:codeexec_magics/rethrow';
const RETHROWN = '_codeexec_magics_rethrown';
/** What V8 puts before the stack of a syntax error: the place, the line, and carets below it. */
const DECORATION = /^([^\n]*):(\d+)\n([^\n]*)\n([^\n]*)\n/;
const COMPILER = /^\s*at (?:async )?(?:.* \()?node:/;
const CARETS = /^\s*(\^+)/;
const runInThisContext = $.uncurryThis(vm.Script.prototype.runInThisContext);
const rethrow = new vm.Script(`throw globalThis.${RETHROWN}`, { filename: RETHROW_FILE });

/** Define a property for the time of an action, whatever stood in its place. */
function withProperty(object, name, value, action) {
  const present = $.getOwnPropertyDescriptor(object, name);
  if (present !== undefined) {
    $.setPrototypeOf(present, null);
  }
  $.defineProperty(object, name, {
    __proto__: null,
    value,
    configurable: true,
    enumerable: false,
    writable: true,
  });
  try {
    return action();
  } finally {
    if (present === undefined) {
      delete object[name];
    } else {
      $.defineProperty(object, name, present);
    }
  }
}

function splitLines(text) {
  const lines = $.bareList();
  let start = 0;
  for (;;) {
    const end = $.indexOf(text, '\n', start);
    lines[lines.length] = $.slice(text, start, end < 0 ? text.length : end);
    if (end < 0) {
      return lines;
    }
    start = end + 1;
  }
}

/** The stack as text: V8's own if nothing has asked for it before, else what stands there. */
function stackOf(error) {
  let sites = null;
  const keep = (subject, list) => {
    if (subject === error) {
      sites = list;
    }
    return '';
  };
  const read = () => withProperty($.ErrorClass, 'prepareStackTrace', keep, () => error.stack);
  const text = attempt(read, '');
  if (sites === null) {
    return typeof text === 'string' ? rawStack(error, text) : '';
  }
  let lines = '';
  for (let index = 0; index < sites.length; index += 1) {
    lines += `\n    at ${attempt(() => $.siteText(sites[index]), '')}`;
  }
  return lines;
}

/** The lines of a stack that stand for calls, innermost first. */
function callLines(stack) {
  const calls = $.bareList();
  const lines = splitLines(stack);
  for (let index = 0; index < lines.length; index += 1) {
    if ($.startsWith(lines[index], '    at ')) {
      calls[calls.length] = lines[index];
    }
  }
  return calls;
}

/**
 * Let Node write the place of a syntax error into its stack.
 *
 * For a module that does not parse only Node itself knows the place, and tells it when the error
 * passes a script that shows errors.
 */
function decorate(error) {
  withProperty(globalThis, RETHROWN, error, () =>
    attempt(() => runInThisContext(rethrow, { __proto__: null, displayErrors: true }), null),
  );
}

/**
 * The place `{file, line, column, endColumn}` of text that did not compile.
 *
 * Null for a SyntaxError that running code made, as `JSON.parse` does: its place is on its stack,
 * which begins in the program, while what compiles is Node.
 */
function syntaxPlace(error) {
  attempt(() => decorate(error), null);
  const stack = attempt(() => error.stack, '');
  const found = typeof stack === 'string' ? $.execute(DECORATION, stack) : null;
  if (found === null || found[1] === RETHROW_FILE) {
    return null;
  }
  const carets = $.execute(CARETS, found[4]);
  const width = carets === null ? 0 : carets[1].length;
  const column = (carets === null ? found[4].length : carets[0].length - width) + 1;
  const innermost = callLines(stack)[0];
  if (innermost !== undefined && $.execute(COMPILER, innermost) === null) {
    return null;
  }
  return { __proto__: null, file: found[1], line: +found[2], column, endColumn: column + width };
}

module.exports = { __proto__: null, callLines, stackOf, syntaxPlace };
