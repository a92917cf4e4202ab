/**
 * Columns → plain row objects.
 *
 * Lives in the worker. A frame of a million rows is common, so the rows are made by code that is
 * generated for the frame's columns: an object literal is the fastest constructor there is.
 */
'use strict';

const $ = require('../primordials.js');

/** A field of an object literal; in brackets `__proto__` is a name like any other. */
function field(name, expression) {
  const text = $.jsonStringify(name);
  return `${name === '__proto__' ? `[${text}]` : text}: ${expression}`;
}

/** Functions made for these columns; null where code may not be generated (a flag of Node). */
function generated(names, columns) {
  const parameters = [];
  const sources = [];
  const fields = columns.map((column, at) => {
    const own = column.sources();
    const called = own.map((_, part) => `c${at}_${part}`);
    parameters.push(...called);
    sources.push(...own);
    return field(names[at], column.code(called, 'index'));
  });
  const literal = `{ ${fields.join(', ')} }`;
  const body = `
    return {
      row(index) { return ${literal}; },
      fill(rows, start, end) {
        for (let index = start; index < end; index += 1) {
          if (rows[index] === undefined) {
            rows[index] = ${literal};
          }
        }
      },
    };`;
  try {
    return $.apply(new $.FunctionClass(...parameters, body), undefined, sources);
  } catch {
    return null;
  }
}

/** The same by loops. */
function looped(names, columns) {
  const row = (index) => {
    const made = {};
    for (let at = 0; at < names.length; at += 1) {
      $.defineProperty(made, names[at], {
        __proto__: null,
        value: columns[at].at(index),
        writable: true,
        enumerable: true,
        configurable: true,
      });
    }
    return made;
  };
  const fill = (rows, start, end) => {
    for (let index = start; index < end; index += 1) {
      rows[index] ??= row(index);
    }
  };
  return { __proto__: null, row, fill };
}

/**
 * What makes rows: `row(index)`, and `fill(rows, start, end)`, which leaves those that are there.
 */
const makerOf = (names, columns) => generated(names, columns) ?? looped(names, columns);

module.exports = { __proto__: null, makerOf };
