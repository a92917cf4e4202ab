/**
 * The fields of an Arrow stream as columns.
 *
 * Lives in the worker and works before the program runs. The reader of the format is the package
 * `@uwdata/flechette`, loaded when the first frame arrives; what it finds is taken as it stands in
 * the stream, and turned into values here, since JavaScript's usual answers (a number for every
 * 64-bit integer, a number for a date) are not exact.
 */
'use strict';

const { isAscii } = require('node:buffer');
const columns = require('./columns.js');
const { dateOf, narrow } = require('../values/dtypes.js');
const { Refusal } = require('../refusal.js');
const { use } = require('../used.js');

const UNITS = ['s', 'ms', 'us', 'ns'];
const LONGEST_TEXT = 0x1fff0000;

let flechette = null;

/** Load the reader, unless it is loaded. */
function load() {
  if (flechette === null) {
    try {
      flechette = require('@uwdata/flechette');
    } catch {
      const wayOut = 'install the package anew, or send df.to_dict("records")';
      throw new Refusal('', 'needs the Arrow reader, which the installation lacks', wayOut);
    }
  }
  return flechette;
}

/** Load it ahead, if it is there. */
function prepare() {
  try {
    load();
  } catch {
    // The first frame that needs it says so.
  }
}

function isUsed(bits, index) {
  return bits === null || ((bits[index >> 3] >> (index & 7)) & 1) === 1;
}

/** 64-bit integers as exact numbers, or as they are if one of them is too large. */
function integers({ values, length }, bits) {
  const own = values.subarray(0, length);
  const isSigned = own instanceof BigInt64Array;
  return isSigned || own instanceof BigUint64Array
    ? (narrow(own, isSigned, bits && ((index) => isUsed(bits, index))) ?? own)
    : own;
}

function dates(batch, bits, unit) {
  const { values, length } = batch;
  const made = new Array(length);
  const kind = { __proto__: null, unit, count: 1n };
  for (let index = 0; index < length; index += 1) {
    made[index] = isUsed(bits, index) ? dateOf(BigInt(values[index]), kind) : null;
  }
  return made;
}

/** Where in the text each item begins, given where its UTF-8 begins in the bytes. */
function positions(bytes, offsets) {
  const found = new Float64Array(offsets.length);
  let units = 0;
  let byte = Number(offsets[0] ?? 0);
  for (let index = 0; index < offsets.length; index += 1) {
    for (const end = Number(offsets[index]); byte < end; byte += 1) {
      const lead = bytes[byte];
      units += (lead & 0xc0) === 0x80 ? 0 : lead >= 0xf0 ? 2 : 1;
    }
    found[index] = units;
  }
  return found;
}

/** A column of text: one string, and where in it the items stand. */
function text(batch, bits) {
  const { length, offsets } = batch;
  const start = Number(offsets[0] ?? 0);
  const end = Number(offsets[length] ?? 0);
  const all = Buffer.from(batch.values.buffer, batch.values.byteOffset, batch.values.length);
  if (end - start > LONGEST_TEXT) {
    const items = Array.from({ length }, (_, index) =>
      isUsed(bits, index)
        ? all.utf8Slice(Number(offsets[index]), Number(offsets[index + 1]))
        : null,
    );
    return columns.direct(items, null);
  }
  const part = all.subarray(start, end);
  if (!isAscii(part)) {
    return columns.text(part.utf8Slice(0, part.length), positions(all, offsets), bits);
  }
  const places = offsets instanceof BigInt64Array ? narrow(offsets, true, null) : offsets;
  const whole = part.latin1Slice(0, part.length);
  return columns.text(whole, start === 0 ? places : places.map((at) => at - start), bits);
}

function coded(batch, bits) {
  const inner = batch.dictionary.data;
  const words = inner.length === 0 ? [] : columnOf(inner[0]).whole();
  return columns.coded(words, batch.values, bits);
}

function empty(type) {
  const made = columns.direct([], null);
  made.isFloat = type.typeId === flechette.Type.Float;
  made.dtype = dtypeOf(type);
  return made;
}

/** The dtype of numpy of a typed array's values; undefined if it is no type of theirs. */
function dtypeOf(type) {
  const { Type } = flechette;
  switch (type.typeId) {
    case Type.Int:
      return `${type.bitWidth === 8 ? '|' : '<'}${type.signed ? 'i' : 'u'}${type.bitWidth / 8}`;
    case Type.Float:
      return type.precision === 0 ? undefined : `<f${4 * type.precision}`;
    default:
      return undefined;
  }
}

/** The column of a field's only batch, and what it is to Python. */
function markedColumnOf(batch) {
  const { Type } = flechette;
  const made = columnOf(batch);
  made.isFloat = batch.type.typeId === Type.Float;
  made.dtype = batch.nullCount === 0 ? dtypeOf(batch.type) : undefined;
  return made;
}

/** The column of a field's only batch. */
function columnOf(batch) {
  const { Type } = flechette;
  const { type, length } = batch;
  const bits = batch.nullCount > 0 && batch.validity?.length > 0 ? batch.validity : null;
  switch (type.typeId) {
    case Type.Null:
      return columns.direct(new Array(length).fill(null), null);
    case Type.Bool:
      return columns.flags(batch.values, bits, length);
    case Type.Int:
      return columns.direct(integers(batch, bits), bits);
    case Type.Float:
      return columns.direct(
        type.precision === 0
          ? Float32Array.from({ length }, (_, index) => batch.value(index))
          : batch.values.subarray(0, length),
        bits,
      );
    case Type.Utf8:
    case Type.LargeUtf8:
      return text(batch, bits);
    case Type.Timestamp:
      return columns.dates(() => dates(batch, bits, UNITS[type.unit]), length);
    case Type.Date:
      return columns.dates(() => dates(batch, bits, type.unit === 0 ? 'D' : 'ms'), length);
    case Type.Dictionary:
      return coded(batch, bits);
    default:
      throw new Refusal('', `has a field of a type that is not expected`, 'report this');
  }
}

/** The columns of a stream's fields, given by their numbers. */
function fieldsOf(bytes, wanted) {
  use('arrow');
  const { children } = load().tableFromIPC(bytes);
  return wanted.map((field) => {
    const { data, type } = children[field];
    if (data.length > 1) {
      throw new Refusal('', 'came in more than one piece', 'report this');
    }
    return data.length === 0 ? empty(type) : markedColumnOf(data[0]);
  });
}

module.exports = { __proto__: null, fieldsOf, prepare };
