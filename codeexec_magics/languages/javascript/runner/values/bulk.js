/**
 * Large Arrays of one kind of thing → nodes whose bulk stands in the arena, column by column.
 *
 * Lives in the worker and works after the program. An Array of numbers, of booleans, of text, of
 * dates, or of plain objects with the same keys says the same as the list of its items' nodes; an
 * Array that turns out to be anything else is left to the general way.
 */
'use strict';

const { types } = require('node:util');
const $ = require('../primordials.js');
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

/** The node of items that all are booleans; null if they are not. */
function booleansNode(items, count, writer) {
  const bytes = new $.BytesClass(count);
  for (let index = 0; index < count; index += 1) {
    const item = items[index];
    if (typeof item !== 'boolean') {
      return null;
    }
    bytes[index] = item ? 1 : 0;
  }
  return `{"$":"booleans","b":${writer.addBuffer(bytes)}}`;
}

/** The bytes of many pieces, one behind the other. */
function joined(pieces, size) {
  const bytes = new $.BytesClass(size);
  for (let index = 0, at = 0; index < pieces.length; index += 1) {
    $.typedSet(bytes, pieces[index], at);
    at += $.typedBytes(pieces[index]);
  }
  return bytes;
}

/** How many bytes are zero. */
function zerosIn(bytes) {
  const size = $.typedBytes(bytes);
  let zeros = 0;
  for (let index = 0; index < size; index += 1) {
    zeros += bytes[index] === 0 ? 1 : 0;
  }
  return zeros;
}

/** The strings from an index on, up to the end of their block, with a zero behind each; or null. */
function blockOf(items, start, end) {
  let text = '';
  for (let index = start; index < end; index += 1) {
    const item = items[index];
    if (typeof item !== 'string') {
      return null;
    }
    text += item;
    text += '\0';
  }
  return $.isWellFormed(text) ? $.utf8(text) : null;
}

/** The node of items that all are strings without a zero; null if they are not. */
function textsNode(items, count, writer) {
  const pieces = $.bareList();
  let size = 0;
  for (let start = 0; start < count; start += LARGE) {
    const piece = blockOf(items, start, $.minimum(start + LARGE, count));
    if (piece === null) {
      return null;
    }
    pieces[pieces.length] = piece;
    size += $.typedBytes(piece);
  }
  const bytes = joined(pieces, size);
  return zerosIn(bytes) === count
    ? `{"$":"texts","b":${writer.addBuffer(bytes)},"n":${count}}`
    : null;
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

/** The node of items of one kind; null if they are not, or of a kind that is no better in bulk. */
function kindNode(items, count, writer) {
  const first = items[0];
  switch (typeof first) {
    case 'number':
      return numbersNode(items, count, writer);
    case 'boolean':
      return booleansNode(items, count, writer);
    case 'string':
      return textsNode(items, count, writer);
    default:
      return isDate(first) ? datesNode(items, count, writer) : null;
  }
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

/** The node of a column of rows. */
function columnNode(rows, count, key, writer) {
  const items = $.bareList();
  puller(key)(rows, count, items);
  return kindNode(items, count, writer) ?? writer.column(items, count);
}

function rowsNode(rows, count, writer) {
  const keys = isPlainRow(rows[0]) ? $.objectKeys(rows[0]) : $.bareList();
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
  let nodes = '';
  for (let at = 0; at < keys.length; at += 1) {
    nodes += `${at === 0 ? '' : ','}${columnNode(rows, count, keys[at], writer)}`;
  }
  return `{"$":"rows","names":[${names}],"columns":[${nodes}],"rows":${count}}`;
}

/** The node of a large Array whose items are of one kind; null if they are not. */
const node = (value, writer) =>
  kindNode(value, value.length, writer) ?? rowsNode(value, value.length, writer);

module.exports = { __proto__: null, LARGE, node };
