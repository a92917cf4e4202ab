/**
 * Columns → an Array of plain row objects.
 *
 * Lives in the worker. A frame of a million rows is common, so the rows are made by code that is
 * generated for the table's columns: an object literal is the fastest constructor there is.
 */
'use strict';

/** Where code may not be generated (a flag of the user's), the same in a loop. */
function rowsInLoop(names, columns, count) {
  return Array.from({ length: count }, (_, row) => {
    const made = {};
    names.forEach((name, at) => {
      const value = columns[at][row];
      Object.defineProperty(made, name, {
        value,
        writable: true,
        enumerable: true,
        configurable: true,
      });
    });
    return made;
  });
}

/** Rows of a table, given its columns' names and values. */
function rowsOf(names, columns, count) {
  // In brackets a name is a name, even `__proto__`.
  const fields = names.map((name, at) => `[${JSON.stringify(name)}]: c${at}[row]`);
  const parameters = names.map((_, at) => `c${at}`);
  const body = `
    const rows = new Array(count);
    for (let row = 0; row < count; row += 1) {
      rows[row] = { ${fields.join(', ')} };
    }
    return rows;`;
  let make = null;
  try {
    make = new Function('count', ...parameters, body);
  } catch {
    return rowsInLoop(names, columns, count);
  }
  return make(count, ...columns);
}

module.exports = { __proto__: null, rowsOf };
