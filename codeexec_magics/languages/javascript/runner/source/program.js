/**
 * The program: its text, where it stands in what the reader sees, and the way back from positions
 * in the text that runs to positions in the text that was written.
 *
 * Plain functions; used in the worker's main thread and in the thread that stops programs.
 */
'use strict';

/** Node's class, which few programs need. */
let SourceMap = null;
const path = require('node:path');

/** Make a program of a `run` message; `edits` are filled in when its text had to be rewritten. */
const programOf = ({ source, filename, file, first_line: firstLine }) => ({
  __proto__: null,
  source,
  filename,
  /** By what the runtime knows it: the path of its file, beside which it finds modules. */
  file: file === undefined ? filename : path.resolve(file),
  firstLine,
  edits: [],
  /** The text as it was written, where the one that runs was made of it. */
  written: source,
  /** The way back from a text that was rewritten as a whole: a source map, as plain data. */
  map: null,
});

/** Where a piece of an edit's text was written. */
function originOf({ line, column, origins }, offset) {
  let origin = { __proto__: null, line, column };
  for (let index = 0; index < origins.length && origins[index].at <= offset; index += 1) {
    origin = origins[index];
  }
  return origin;
}

/** Have what reads source maps at hand; to be called before a program that has one runs. */
function loadMaps() {
  SourceMap ??= require('node:module').SourceMap;
}

/**
 * `{line, column}`, counted from 1, of where what stands at a place of the running text was written.
 *
 * An edit is `{line, column, removed, inserted, origins}`, its line and column those of the written
 * text, in order; `origins` says of what was moved from elsewhere where it stood.
 */
function writtenPlace(program, line, column) {
  const place = placeBeforeEdits(program, line, column);
  if (program.map === null) {
    return place;
  }
  const before = program.firstLine - 1;
  loadMaps();
  const found = new SourceMap(program.map).findOrigin(place.line - before, place.column);
  return typeof found.lineNumber === 'number'
    ? { __proto__: null, line: found.lineNumber + before, column: found.columnNumber }
    : place;
}

function placeBeforeEdits(program, line, column) {
  const { edits } = program;
  let shift = 0;
  for (let index = 0; index < edits.length; index += 1) {
    const edit = edits[index];
    const start = edit.column + shift;
    if (edit.line !== line || column < start) {
      continue;
    }
    if (column < start + edit.inserted) {
      return originOf(edit, column - start);
    }
    shift += edit.inserted - edit.removed;
  }
  return { __proto__: null, line, column: column - shift };
}

module.exports = { __proto__: null, loadMaps, programOf, writtenPlace };
