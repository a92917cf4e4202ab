/**
 * Tables of the npm package `apache-arrow` → streams of Arrow, written by that package.
 *
 * Lives in the worker and works after the program. The package is the program's own copy: the one
 * whose class made the table, by `require` or by `import`.
 */
'use strict';

const $ = require('../primordials.js');
const { Refusal, attempt, className } = require('../refusal.js');
const { requireOfProgram } = require('../source/bindings.js');

const NAME = 'apache-arrow';
const CLASSES = ['Table', 'RecordBatch'];

/** The package that a class is of; null if it is of none that the program finds. */
function libraryOf(value) {
  const load = requireOfProgram();
  const file = load.resolve(NAME);
  // Not `instanceof`, which takes the tables of another copy for its own.
  const made = $.getPrototypeOf(value);
  for (const name of [file, file.replace(/\.js$/, '.mjs')]) {
    const library = attempt(() => load(name), null);
    if (library !== null && CLASSES.some((each) => made === library[each]?.prototype)) {
      return library;
    }
  }
  return null;
}

/** The node of a table; null for anything else. */
function node(value, writer) {
  if (!CLASSES.includes(className(value)) || typeof value.schema !== 'object') {
    return null;
  }
  const library = attempt(() => libraryOf(value), null);
  if (library === null) {
    const wayOut = 'send tableToIPC(…) of it, which pyarrow.ipc.open_stream(…) reads';
    throw new Refusal(className(value), 'is a table of another apache-arrow', wayOut);
  }
  const table = value instanceof library.Table ? value : new library.Table([value]);
  const bytes = library.tableToIPC(table, 'stream');
  const rows = $.jsonStringify(table.numRows);
  const b = writer.addBuffer(new $.BytesClass(bytes));
  return `{"$":"arrow","kind":"arrow","form":{},"rows":${rows},"b":${b}}`;
}

module.exports = { __proto__: null, node };
