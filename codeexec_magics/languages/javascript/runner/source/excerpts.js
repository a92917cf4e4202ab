/**
 * Source lines around a place: of the program, or of a file of the user's.
 *
 * Lives in the worker, in the main thread and in the thread that stops programs.
 */
'use strict';

const { readFileSync, statSync } = require('node:fs');
const $ = require('../primordials.js');

const BEFORE = 3;
const AFTER = 2;
const LONGEST_LINE = 2000;
const LARGEST_FILE = 4 * 1024 * 1024;

const files = new Map();

/** Lines of a text, without their ends, from one number to another; counted from 1. */
function linesOf(text, from, to) {
  const lines = $.bareList();
  let start = 0;
  for (let number = 1; number <= to && start <= text.length; number += 1) {
    const found = $.indexOf(text, '\n', start);
    const end = found < 0 ? text.length : found;
    if (number >= from) {
      const last = end > start && text[end - 1] === '\r' ? end - 1 : end;
      lines[lines.length] = $.slice(text, start, $.minimum(last, start + LONGEST_LINE));
    }
    start = end + 1;
  }
  return lines;
}

/** The text of a file, '' if it cannot be read or is large. */
function textOf(file) {
  const known = $.mapGet(files, file);
  if (known !== undefined) {
    return known;
  }
  let text = '';
  try {
    text = statSync(file).size <= LARGEST_FILE ? readFileSync(file, 'utf8') : '';
  } catch {
    // Files that are gone or virtual have no excerpt.
  }
  $.mapSet(files, file, text);
  return text;
}

/** `{source, offset}`: the text of the program or of a file, and the lines before its first. */
function sourceOf(program, file) {
  const isProgram = file === program.filename;
  const source = isProgram ? program.written : textOf(file);
  return { __proto__: null, source, offset: isProgram ? program.firstLine - 1 : 0 };
}

/** `{start, lines}` around a line of the program or of a file. */
function excerptOf(program, file, line) {
  const { source, offset } = sourceOf(program, file);
  const from = $.maximum(1, line - offset - BEFORE);
  const lines = source === '' ? $.bareList() : linesOf(source, from, line - offset + AFTER);
  return { __proto__: null, start: from + offset, lines };
}

/** One line of the program or of a file. */
function lineOf(program, file, line) {
  const { source, offset } = sourceOf(program, file);
  return linesOf(source, line - offset, line - offset)[0] ?? '';
}

module.exports = { __proto__: null, excerptOf, lineOf, sourceOf };
