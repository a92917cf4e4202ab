/**
 * TypeScript → the JavaScript that runs, and the way back to where it was written.
 *
 * Lives in the worker and works before the program runs. Types are overwritten with blanks, so that
 * every place stays what it is; enums, namespaces and the like, which need code of their own, are
 * rewritten by Node, with a source map.
 */
'use strict';

const nodeModule = require('node:module');
const { NotAProgram } = require('./not_a_program.js');
const { loadMaps } = require('./program.js');

const OLDEST = '22.13';
const NEEDS_CODE = 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX';
const MAP = /\n\/\/# sourceMappingURL=data:application\/json;base64,([\w+/=]+)\s*$/;
const { stripTypeScriptTypes } = nodeModule;

/** Why this runtime runs no TypeScript; '' if it does. */
const missing = () =>
  typeof stripTypeScriptTypes === 'function'
    ? ''
    : `cannot run typescript: Node.js ${OLDEST} or newer is needed, and ${process.execPath} is ` +
      `${process.versions.node}; pip install "codeexec_magics[js]" brings one\n`;

/** Do something while Node does not say that types are experimental: it is what was asked for. */
function quietly(act) {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return act();
  } finally {
    process.emitWarning = emitWarning;
  }
}

/** Where Node's error says that it is: it draws the line, and carets below, above its message. */
function failureOf(error, firstLine) {
  const lines = `${error.stack}`.split('\n');
  const number = /:(\d+)$/.exec(lines[0]);
  const carets = lines.find((line) => /^\s*\^+\s*$/.test(line));
  const line = number === null ? firstLine : firstLine + Number(number[1]) - 1;
  return new NotAProgram(error.message, line, carets === undefined ? 1 : carets.indexOf('^') + 1);
}

/** Let a program's text be JavaScript; what was written stays beside it. Throws `NotAProgram`. */
function strip(program) {
  const { source } = program;
  program.written = source;
  try {
    program.source = quietly(() => stripTypeScriptTypes(source));
    return;
  } catch (error) {
    if (error.code !== NEEDS_CODE) {
      throw failureOf(error, program.firstLine);
    }
  }
  try {
    const options = { mode: 'transform', sourceMap: true };
    const text = quietly(() => stripTypeScriptTypes(source, options));
    const map = MAP.exec(text);
    program.source = text.replace(MAP, '');
    loadMaps();
    program.map = JSON.parse(Buffer.from(map[1], 'base64').toString());
  } catch (error) {
    throw failureOf(error, program.firstLine);
  }
}

/** Load what strips types, while nobody waits. */
function rehearse() {
  quietly(() => stripTypeScriptTypes('const one: number = 1;'));
}

module.exports = { __proto__: null, missing, rehearse, strip };
