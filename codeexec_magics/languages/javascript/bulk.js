/**
 * Large Arrays of one kind of thing → nodes whose bulk stands in the arena, column by column.
 *
 * Lives in the worker and works after the program. An Array of numbers, of dates, or of plain
 * objects with the same keys says the same as the list of its items' nodes; an Array that turns out
 * to be anything else is left to the general way.
 */
'use strict';

const { types } = require('node:util');
const $ = require('./primordials.js');
const { originOf } = require('./provenance.js');
const { FIRST_YEAR, END_YEAR, textNode } = require('./scalars.js');

const { isDate, isProxy } = types;

/** Items from which on it is worth it. */
const LARGE = 1024;
const LARGEST_INTEGER = Number.MAX_SAFE_INTEGER;
const WORD = 4294967296;

const isWhole = (value) =>
  $.isInteger(value) &&
  value <= LARGEST_INTEGER &&
  value >= -LARGEST_INTEGER &&
  !(value === 0 && $.is(value, -0));

const bytesOf = (array) => new $.BytesClass($.typedBuffer(array));

/** Whole numbers in the narrowest of two widths. */
function integers(doubles, count) {
  const narrow = new Int32Array(count);
  for (let index = 0; index < count; index += 1) {
    narrow[index] = doubles[index];
    if (narrow[index] !== doubles[index]) {
      break;
    }
    if (index === count - 1) {
      return { __proto__: null, dtype: '<i4', bytes: bytesOf(narrow) };
    }
  }
  const halves = new Int32Array(2 * count);
  for (let index = 0; index < count; index += 1) {
    halves[2 * index] = doubles[index];
    halves[2 * index + 1] = $.floor(doubles[index] / WORD);
  }
  return { __proto__: null, dtype: '<i8', bytes: bytesOf(halves) };
}

/** Which of the numbers are integers to Python. */
function wholePlaces(doubles, count, wholes) {
  const places = new Uint32Array(wholes);
  for (let index = 0, at = 0; index < count; index += 1) {
    if (isWhole(doubles[index])) {
      places[at] = index;
      at += 1;
    }
  }
  return bytesOf(places);
}

/** The node of items that all are numbers; null if they are not. */
function numbersNode(items, count, writer) {
  const doubles = new Float64Array(count);
  let wholes = 0;
  for (let index = 0; index < count; index += 1) {
    const item = items[index];
    if (typeof item !== 'number') {
      return null;
    }
    doubles[index] = item;
    wholes += isWhole(item) ? 1 : 0;
  }
  if (wholes === count) {
    const { dtype, bytes } = integers(doubles, count);
    return `{"$":"numbers","dtype":"${dtype}","b":${writer.addBuffer(bytes)}}`;
  }
  const b = writer.addBuffer(bytesOf(doubles));
  if (wholes === 0) {
    return `{"$":"numbers","dtype":"<f8","b":${b}}`;
  }
  const whole = writer.addBuffer(wholePlaces(doubles, count, wholes));
  return `{"$":"numbers","dtype":"<f8","b":${b},"whole":${whole}}`;
}

/** The text of items that all are strings; null if they are not. */
function textsNode(items, count) {
  const texts = $.bareList();
  for (let index = 0; index < count; index += 1) {
    const item = items[index];
    if (typeof item !== 'string' && item !== null) {
      return null;
    }
    texts[index] = item;
  }
  return $.jsonStringify(texts);
}

/** The node of items that all are dates of the program's own; null if they are not. */
function datesNode(items, count, writer) {
  const times = new Float64Array(count);
  for (let index = 0; index < count; index += 1) {
    const item = items[index];
    const isOwn = isDate(item) && originOf(item) === undefined;
    const time = isOwn ? $.dateTime(item) : NaN;
    if (!(time >= FIRST_YEAR && time < END_YEAR)) {
      return null;
    }
    times[index] = time;
  }
  return `{"$":"instants","b":${writer.addBuffer(bytesOf(times))}}`;
}

function isPlainRow(row) {
  if (typeof row !== 'object' || row === null || isProxy(row)) {
    return false;
  }
  const prototype = $.getPrototypeOf(row);
  return prototype === $.ObjectPrototype || prototype === null;
}

function hasKeys(row, keys) {
  const own = isPlainRow(row) ? $.objectKeys(row) : $.bareList();
  if (own.length !== keys.length || $.ownKeys(row).length !== keys.length) {
    return false;
  }
  for (let at = 0; at < keys.length; at += 1) {
    if (own[at] !== keys[at]) {
      return false;
    }
  }
  return true;
}

/** The items of rows by column; null if the rows are not of one kind. */
function columnsOf(rows, count, keys) {
  const columns = $.bareList();
  for (let at = 0; at < keys.length; at += 1) {
    if (keys[at] === '$') {
      return null;
    }
    columns[at] = $.setPrototypeOf(new Array(count), null);
  }
  for (let index = 0; index < count; index += 1) {
    const row = rows[index];
    if (!hasKeys(row, keys)) {
      return null;
    }
    for (let at = 0; at < keys.length; at += 1) {
      columns[at][index] = row[keys[at]];
    }
  }
  return columns;
}

function columnNode(items, count, writer) {
  const first = items[0];
  let node = null;
  if (typeof first === 'number') {
    node = numbersNode(items, count, writer);
  } else if (typeof first === 'string') {
    node = textsNode(items, count);
  } else if (isDate(first)) {
    node = datesNode(items, count, writer);
  }
  return node ?? writer.list(items, count);
}

function rowsNode(rows, count, writer) {
  const keys = isPlainRow(rows[0]) ? $.objectKeys(rows[0]) : $.bareList();
  const columns = keys.length === 0 ? null : columnsOf(rows, count, keys);
  if (columns === null) {
    return null;
  }
  let names = '';
  let nodes = '';
  for (let at = 0; at < keys.length; at += 1) {
    const comma = at === 0 ? '' : ',';
    const name = textNode(keys[at]);
    if (name[0] !== '"') {
      return null;
    }
    names += comma + name;
    nodes += comma + columnNode(columns[at], count, writer);
  }
  return `{"$":"rows","names":[${names}],"columns":[${nodes}],"rows":${count}}`;
}

/** The node of a large Array whose items are of one kind; null if they are not. */
function node(value, writer) {
  const count = value.length;
  switch (typeof value[0]) {
    case 'number':
      return numbersNode(value, count, writer);
    case 'string':
      return textsNode(value, count);
    case 'object':
      return isDate(value[0])
        ? datesNode(value, count, writer)
        : rowsNode(value, count, writer);
    default:
      return null;
  }
}

module.exports = { __proto__: null, LARGE, node };
