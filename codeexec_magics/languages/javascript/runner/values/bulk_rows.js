/**
 * Arrays of plain objects with the same keys → nodes that hold them column by column.
 *
 * Lives in the worker and works after the program. It says the same as the list of the rows' nodes;
 * of rows that have names of a frame's columns it says what these were, however few there are.
 */
'use strict';

const { types } = require('node:util');
const { modelsOf, namesOfEmpty } = require('../frames/schemas.js');
const $ = require('../primordials.js');
const { LARGE, columnNode, kindNode } = require('./bulk.js');
const { originOf } = require('./provenance.js');
const { textNode } = require('./scalars.js');

const { isProxy } = types;

function isPlainRow(row) {
  if (typeof row !== 'object' || row === null || isProxy(row)) {
    return false;
  }
  const prototype = $.getPrototypeOf(row);
  return prototype === $.ObjectPrototype || prototype === null;
}

/** Whether a row has exactly these keys, in this order, as a list of rows would send them. */
function hasKeys(row, keys) {
  if (!isPlainRow(row) || $.ownSymbols(row).length !== 0) {
    return false;
  }
  let at = 0;
  // What a program has put on Object.prototype shows up here as well, and then this is no such row.
  for (const key in row) {
    if (key !== keys[at]) {
      return false;
    }
    at += 1;
  }
  return at === keys.length;
}

function haveKeys(rows, count, keys) {
  for (let index = 0; index < count; index += 1) {
    if (!hasKeys(rows[index], keys)) {
      return false;
    }
  }
  return true;
}

/** A function that reads a property of all rows: where the name is a literal it is read fast. */
function puller(key) {
  const body = `
    for (let index = 0; index < count; index += 1) {
      items[index] = rows[index][${$.jsonStringify(key)}];
    }`;
  try {
    return new $.FunctionClass('rows', 'count', 'items', body);
  } catch {
    // A flag of Node forbids to make code.
    return (rows, count, items) => {
      for (let index = 0; index < count; index += 1) {
        items[index] = rows[index][key];
      }
    };
  }
}

/** The items of a column of rows. */
function pulled(rows, count, key) {
  const items = $.bareList();
  puller(key)(rows, count, items);
  return items;
}

function rowsNode(rows, count, writer) {
  const isSorted = isPlainRow(rows[0]) && originOf(rows[0])?.order === undefined;
  const keys = isSorted ? $.objectKeys(rows[0]) : $.bareList();
  let names = '';
  for (let at = 0; at < keys.length; at += 1) {
    const name = textNode(keys[at]);
    if (name[0] !== '"' || keys[at] === '$') {
      return null;
    }
    names += `${at === 0 ? '' : ','}${name}`;
  }
  if (keys.length === 0 || !haveKeys(rows, count, keys)) {
    return null;
  }
  const models = modelsOf(keys);
  if (count < LARGE && models === null) {
    return null;
  }
  let nodes = '';
  for (let at = 0; at < keys.length; at += 1) {
    const items = pulled(rows, count, keys[at]);
    const node = columnNode(items, count, writer, models === null ? null : models[at]);
    nodes += `${at === 0 ? '' : ','}${node}`;
  }
  return `{"$":"rows","names":[${names}],"columns":[${nodes}],"rows":${count}}`;
}

/** The node of no rows, whose names are known. */
function emptyNode(names) {
  let texts = '';
  let nodes = '';
  for (let at = 0; at < names.length; at += 1) {
    const comma = at === 0 ? '' : ',';
    const name = textNode(names[at]);
    if (name[0] !== '"') {
      return null;
    }
    texts += `${comma}${name}`;
    nodes += `${comma}[]`;
  }
  return names.length === 0
    ? null
    : `{"$":"rows","names":[${texts}],"columns":[${nodes}],"rows":0}`;
}

/**
 * The node of an Array whose items are of one kind; null if they are not.
 *
 * One that is not large is of rows of a frame, or goes item by item.
 */
function node(value, writer) {
  const { length } = value;
  if (length === 0) {
    return emptyNode(namesOfEmpty(value));
  }
  const kind = length < LARGE ? null : kindNode(value, length, writer, null);
  return kind ?? rowsNode(value, length, writer);
}

module.exports = { __proto__: null, node };
