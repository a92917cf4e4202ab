/**
 * What is wrong with the syntax of programs that are not run.
 *
 * Lives in the worker, in a program of ours that a pipeline has run before its steps.
 */
'use strict';

const { traceOf } = require('../failures/traces.js');
const { prepare } = require('./evaluate.js');
const { programOf } = require('./program.js');

/** What is wrong with one program: null, or what is told of it, and where. */
function check(request, typescript) {
  const program = programOf({ ...request, filename: 'cell' });
  try {
    typescript?.strip(program);
    prepare(program, request.entry);
  } catch (thrown) {
    const { type, message, notes, frames } = traceOf(program, thrown);
    const { line, column } = frames[frames.length - 1] ?? {};
    return { type, message, notes: Array.from(notes), line: line ?? null, column: column ?? null };
  }
  return null;
}

/** For each of many programs; those of TypeScript where its types are taken out here, too. */
function checkAll(requests, isTyped) {
  const typescript = isTyped ? require('./typescript.js') : null;
  return requests.map((request) => check(request, typescript));
}

module.exports = { __proto__: null, checkAll };
