/**
 * The stacks that a program sees of its errors: `error.stack`, `console.log(error)`, `console.trace`.
 *
 * Lives in the worker, while the program runs. Frames of the runner are left out, and those of Node
 * below them; columns are those of the text as written. Owns what a stack was before that.
 */
'use strict';

const $ = require('../primordials.js');
const { attempt } = require('../refusal.js');
const { isRuntimeLine, asWrittenLine } = require('./stack_frames.js');

/** Error → `{raw, shown}`: the lines of all frames, and the text that the program was given. */
const seen = new WeakMap();
const remember = $.uncurryThis(WeakMap.prototype.set);

const lineOf = (site) => `    at ${attempt(() => $.siteText(site), '')}`;

/** The stack's lines from the innermost to the last that is not the runtime's. */
function ownLines(program, sites) {
  let text = '';
  let held = '';
  for (let index = 0; index < sites.length; index += 1) {
    const line = lineOf(sites[index]);
    if ($.includes(line, $.runnerFolder)) {
      continue;
    }
    held += `\n${asWrittenLine(program, line)}`;
    if (!isRuntimeLine(line)) {
      text += held;
      held = '';
    }
  }
  return text;
}

/** Have errors of this program show their own frames. */
function install(program) {
  $.ErrorClass.prepareStackTrace = (error, sites) => {
    const head = attempt(() => $.errorText(error), 'Error');
    let raw = '';
    for (let index = 0; index < sites.length; index += 1) {
      raw += `\n${lineOf(sites[index])}`;
    }
    const shown = head + ownLines(program, sites);
    if (typeof error === 'object' && error !== null) {
      remember(seen, error, { __proto__: null, raw, shown });
    }
    return shown;
  };
}

/** All lines of an error's stack whose text, as the program was given it, is this; else the text. */
function rawStack(error, text) {
  const found = $.weakGet(seen, error);
  return found !== undefined && found.shown === text ? found.raw : text;
}

module.exports = { __proto__: null, install, rawStack };
