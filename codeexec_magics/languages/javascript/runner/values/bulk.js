/**
 * Large Arrays of one kind of thing → nodes whose bulk stands in the arena.
 *
 * Lives in the worker and works after the program. An Array of numbers, of booleans, of text or of
 * dates, some of them missing, says the same as the list of its items' nodes; an Array that turns
 * out to be anything else is left to the general way.
 */
'use strict';

const { types } = require('node:util');
const $ = require('../primordials.js');
const { kindOfDate } = require('../frames/schemas.js');
const { originOf } = require('./provenance.js');
const { FIRST_YEAR, END_YEAR } = require('./scalars.js');

const { isDate } = types;

/** Items from which on it is worth it. */
const LARGE = 1024;
const LARGEST_INTEGER = Number.MAX_SAFE_INTEGER;
const WORD = 4294967296;
const DAY = 86_400_000;

const isMissing = (value) => value === null || value === undefined;

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

/** `,"none":b`, the buffer of the places where items are missing; nothing if none is. */
function noneText(items, count, missing, writer) {
  if (missing === 0) {
    return '';
  }
  const places = new Uint32Array(missing);
  for (let index = 0, at = 0; index < count; index += 1) {
    if (isMissing(items[index])) {
      places[at] = index;
      at += 1;
    }
  }
  return `,"none":${writer.addBuffer(bytesOf(places))}`;
}

/** The node of items that all are numbers, or missing; null if they are not. */
function numbersNode(items, count, writer, model) {
  const doubles = new Float64Array(count);
  let wholes = 0;
  let missing = 0;
  for (let index = 0; index < count; index += 1) {
    const item = items[index];
    if (typeof item === 'number') {
      doubles[index] = item;
      wholes += isWhole(item) ? 1 : 0;
    } else if (isMissing(item)) {
      missing += 1;
    } else {
      return null;
    }
  }
  const none = noneText(items, count, missing, writer);
  if (wholes === count - missing && !model?.isFloat) {
    const { dtype, bytes } = integers(doubles, count);
    return `{"$":"numbers","dtype":"${dtype}","b":${writer.addBuffer(bytes)}${none}}`;
  }
  const b = writer.addBuffer(bytesOf(doubles));
  if (wholes === 0 || model?.isFloat) {
    return `{"$":"numbers","dtype":"<f8","b":${b}${none}}`;
  }
  // What is missing is 0 here, and whole.
  const whole = writer.addBuffer(wholePlaces(doubles, count, wholes + missing));
  return `{"$":"numbers","dtype":"<f8","b":${b},"whole":${whole}${none}}`;
}

/** The node of items that all are booleans, or missing; null if they are not. */
function booleansNode(items, count, writer) {
  const bytes = new $.BytesClass(count);
  let missing = 0;
  for (let index = 0; index < count; index += 1) {
    const item = items[index];
    if (typeof item === 'boolean') {
      bytes[index] = item ? 1 : 0;
    } else if (isMissing(item)) {
      missing += 1;
    } else {
      return null;
    }
  }
  const none = noneText(items, count, missing, writer);
  return `{"$":"booleans","b":${writer.addBuffer(bytes)}${none}}`;
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
    if (typeof item === 'string') {
      text += item;
    } else if (!isMissing(item)) {
      return null;
    }
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
  if (zerosIn(bytes) !== count) {
    return null;
  }
  const none = noneText(items, count, missingIn(items, count), writer);
  return `{"$":"texts","b":${writer.addBuffer(bytes)},"n":${count}${none}}`;
}

/** How many items are missing. */
function missingIn(items, count) {
  let missing = 0;
  for (let index = 0; index < count; index += 1) {
    missing += isMissing(items[index]) ? 1 : 0;
  }
  return missing;
}

/** The JSON text of what instants are in Python: what their column was, or the first of them. */
function kindOf(items, count, model) {
  if (model?.as !== undefined) {
    return model.as;
  }
  for (let index = 0; index < count; index += 1) {
    if (!isMissing(items[index])) {
      return kindOfDate(items[index]);
    }
  }
  return undefined;
}

/** The node of items that all are dates of one kind, or missing; null if they are not. */
function datesNode(items, count, writer, model) {
  const times = new Float64Array(count);
  const kind = kindOf(items, count, model);
  const isTold = model?.as !== undefined;
  let missing = 0;
  for (let index = 0; index < count; index += 1) {
    const item = items[index];
    if (isMissing(item)) {
      missing += 1;
    } else {
      const isOwn = isDate(item) && originOf(item) === undefined;
      const time = isOwn ? $.dateTime(item) : NaN;
      const isKind = isTold || !isOwn || kindOfDate(item) === kind;
      const isDay = kind !== '"date"' || time % DAY === 0;
      if (!(time >= FIRST_YEAR && time < END_YEAR) || !isKind || !isDay) {
        return null;
      }
      times[index] = time;
    }
  }
  const none = noneText(items, count, missing, writer);
  const as = kind === undefined ? '' : `,"as":${kind}`;
  return `{"$":"instants","b":${writer.addBuffer(bytesOf(times))}${as}${none}}`;
}

/** The node of items of one kind; null if they are not, or of a kind that is no better in bulk. */
function kindNode(items, count, writer, model) {
  let at = 0;
  while (at < count - 1 && isMissing(items[at])) {
    at += 1;
  }
  const first = items[at];
  switch (typeof first) {
    case 'number':
      return numbersNode(items, count, writer, model);
    case 'boolean':
      return booleansNode(items, count, writer);
    case 'string':
      return textsNode(items, count, writer);
    default:
      return isDate(first) ? datesNode(items, count, writer, model) : null;
  }
}

/** The node of a column, whose model says what it was, or is null. */
const columnNode = (items, count, writer, model) =>
  kindNode(items, count, writer, model) ?? writer.column(items, count, model);

module.exports = { __proto__: null, LARGE, columnNode, kindNode };
