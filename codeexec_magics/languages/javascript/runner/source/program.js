/**
 * The program: its text, where it stands in what the reader sees, and the way back from positions
 * in the text that runs to positions in the text that was written.
 *
 * Plain functions; used in the worker's main thread and in the thread that stops programs.
 */
'use strict';

/** Make a program of a `run` message; `edits` are filled in when its text had to be rewritten. */
const programOf = ({ source, filename, first_line: firstLine }) => ({
  __proto__: null,
  source,
  filename,
  firstLine,
  edits: [],
});

/**
 * The column, counted from 1, where what stands at a column of the running text was written.
 *
 * An edit is `{line, column, removed, inserted}`, its line and column those of the written text,
 * in order.
 */
function writtenColumn(program, line, column) {
  const { edits } = program;
  let shift = 0;
  for (let index = 0; index < edits.length; index += 1) {
    const edit = edits[index];
    const start = edit.column + shift;
    if (edit.line !== line || column < start) {
      continue;
    }
    if (column < start + edit.inserted) {
      return edit.column;
    }
    shift += edit.inserted - edit.removed;
  }
  return column - shift;
}

module.exports = { __proto__: null, programOf, writtenColumn };
