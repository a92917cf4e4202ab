/**
 * numpy's dtypes as typed arrays and back: one entry per dtype.
 *
 * Lives in the worker. Reading happens before the program runs; `pack` runs after it, so it
 * touches nothing that the program can redefine.
 */
'use strict';

const { types } = require('node:util');
const $ = require('../primordials.js');
const { Refusal } = require('../refusal.js');

const { isDate } = types;
const DTYPE = /^([<>|=])([a-zA-Z])(\d+)(?:\[(\d*)([a-zA-Z]+)\])?$/;
const LARGEST = Number.MAX_SAFE_INTEGER;
const LATEST = 8.64e15;
const NOT_A_TIME = -(2n ** 63n);
const MILLISECONDS = {
  __proto__: null,
  W: 604800000n,
  D: 86400000n,
  h: 3600000n,
  m: 60000n,
  s: 1000n,
  ms: 1n,
};
const PARTS = { __proto__: null, us: 1000n, ns: 1000000n, ps: 1000000000n };

const CLASSES = {
  __proto__: null,
  f4: Float32Array,
  f8: Float64Array,
  i1: Int8Array,
  i2: Int16Array,
  i4: Int32Array,
  i8: BigInt64Array,
  u1: Uint8Array,
  u2: Uint16Array,
  u4: Uint32Array,
  u8: BigUint64Array,
  M8: BigInt64Array,
  b1: Uint8Array,
};
if (typeof Float16Array === 'function') {
  CLASSES.f2 = Float16Array;
}

/** `Symbol.toStringTag` of a typed array → the dtype in which it travels. */
const OWN = { __proto__: null, Uint8ClampedArray: '|u1', Float16Array: '<f2' };
for (const [code, TypedArray] of Object.entries(CLASSES)) {
  if (code !== 'M8' && code !== 'b1') {
    OWN[TypedArray.name] = (code.endsWith('1') ? '|' : '<') + code;
  }
}

const WAY_OUT = 'convert it before, for example with astype or tolist';

let cutsInstants = false;

/** Have what is finer than a millisecond cut off, or refused. */
const cutInstants = (isWanted) => {
  cutsInstants = isWanted;
};

/** Take a dtype's text apart; refuses one that JavaScript has nothing for. */
function parse(dtype) {
  const found = typeof dtype === 'string' ? $.execute(DTYPE, dtype) : null;
  const code = found === null ? '' : found[2] + found[3];
  const known = CLASSES[code] !== undefined && (code === 'M8' || found[5] === undefined);
  if (!known) {
    throw new Refusal(`array of ${dtype}`, 'has a dtype that JavaScript has no type for', WAY_OUT);
  }
  return {
    __proto__: null,
    code,
    swapped: found[1] === '>' && found[3] !== '1',
    size: $.numberOf(found[3]),
    count: found[4] === undefined || found[4] === '' ? 1n : $.bigIntOf(found[4]),
    unit: found[5] ?? '',
  };
}

function swap(bytes, size) {
  const end = $.typedLength(bytes);
  for (let start = 0; start < end; start += size) {
    for (let low = start, high = start + size - 1; low < high; low += 1, high -= 1) {
      const byte = bytes[low];
      bytes[low] = bytes[high];
      bytes[high] = byte;
    }
  }
}

/**
 * 64-bit integers as doubles, or null if one of them is too large to be exact.
 *
 * `isUsed` tells of an index whether its item counts; null if all do.
 */
function narrow(wide, signed, isUsed) {
  const { buffer, byteOffset, length } = wide;
  const low = new Uint32Array(buffer, byteOffset, 2 * length);
  const halves = signed ? new Int32Array(buffer, byteOffset, 2 * length) : low;
  const result = new Float64Array(wide.length);
  for (let index = 0; index < result.length; index += 1) {
    const number = halves[2 * index + 1] * 4294967296 + low[2 * index];
    const exact = number <= LARGEST && number >= -LARGEST;
    if (!exact && (isUsed === null || isUsed(index))) {
      return null;
    }
    result[index] = number;
  }
  return result;
}

/** The Date of a count of `unit`s since 1970; null for NaT. */
function dateOf(value, { unit, count }) {
  if (value === NOT_A_TIME) {
    return null;
  }
  const ticks = value * count;
  const whole = MILLISECONDS[unit];
  const part = PARTS[unit];
  let time = NaN;
  if (whole !== undefined) {
    time = Number(ticks * whole);
  } else if (part !== undefined && (cutsInstants || ticks % part === 0n)) {
    const rest = ticks % part;
    time = Number((ticks - (rest < 0n ? rest + part : rest)) / part);
  } else if (unit === 'Y' || unit === 'M') {
    const months = unit === 'Y' ? Number(ticks) * 12 : Number(ticks);
    time = new Date(0).setUTCFullYear(1970 + Math.floor(months / 12), ((months % 12) + 12) % 12);
  }
  if (Number.isNaN(time) || Math.abs(time) > LATEST) {
    const why = 'cannot be a Date exactly: a Date holds milliseconds within 275,760 years';
    throw new Refusal('datetime64', why, 'round it, or send it as text');
  }
  return new Date(time);
}

/**
 * The items of packed bytes: a typed array, or an Array of booleans or Dates.
 *
 * Args: the parsed dtype, the bytes (its own ArrayBuffer, offset 0), and which items are used
 * (bytes of 0 or 1, or null for all).
 */
function unpack(kind, bytes, used) {
  if (kind.swapped) {
    swap(bytes, kind.size);
  }
  const items = new CLASSES[kind.code](bytes.buffer);
  switch (kind.code) {
    case 'b1':
      return Array.from(items, (item) => item !== 0);
    case 'M8':
      return Array.from(items, (item, index) =>
        used === null || used[index] ? dateOf(item, kind) : null,
      );
    case 'i8':
    case 'u8':
      return narrow(items, kind.code === 'i8', used && ((index) => used[index])) ?? items;
    default:
      return items;
  }
}

/** The count of `unit`s since 1970 of a time in milliseconds; undefined if it is not whole. */
function wholeTicks(time, unit) {
  const exact = $.bigIntOf(time);
  if (MILLISECONDS[unit] !== undefined) {
    return exact % MILLISECONDS[unit] === 0n ? exact / MILLISECONDS[unit] : undefined;
  }
  if (PARTS[unit] !== undefined) {
    return exact * PARTS[unit];
  }
  const years = $.dateYear(new $.DateClass(time)) - 1970;
  const months = years * 12 + $.dateMonth(new $.DateClass(time));
  const start = $.dateSetYear(new $.DateClass(0), 1970 + years, months - years * 12, 1);
  const whole = start === time && (unit === 'M' || months % 12 === 0);
  return whole ? $.bigIntOf(unit === 'M' ? months : years) : undefined;
}

function ticksOf(value, { unit, count }) {
  if (value === null) {
    return NOT_A_TIME;
  }
  const time = isDate(value) ? $.dateTime(value) : NaN;
  const ticks = $.is(time, NaN) ? undefined : wholeTicks(time, unit);
  return ticks !== undefined && ticks % count === 0n ? ticks / count : undefined;
}

/** The item as a dtype's typed array takes it; undefined if it does not fit. */
function itemOf(value, kind) {
  switch (kind.code) {
    case 'b1':
      return typeof value === 'boolean' ? $.numberOf(value) : undefined;
    case 'M8':
      return ticksOf(value, kind);
    case 'i8':
    case 'u8':
      if (typeof value === 'number' && $.isInteger(value) && $.is(value, -0) === false) {
        return value <= LARGEST && value >= -LARGEST ? $.bigIntOf(value) : undefined;
      }
      return typeof value === 'bigint' ? value : undefined;
    default:
      return typeof value === 'number' ? value : undefined;
  }
}

/** The bytes of items in a dtype, or null if one of them does not fit it. */
function pack(kind, items, count) {
  const packed = new CLASSES[kind.code](count);
  for (let index = 0; index < count; index += 1) {
    const item = itemOf(items[index], kind);
    if (item === undefined) {
      return null;
    }
    packed[index] = item;
    // The typed array rounds and wraps; what comes back must be what was put in.
    if (!$.is(packed[index], item)) {
      return null;
    }
  }
  const bytes = new $.BytesClass($.typedBuffer(packed));
  if (kind.swapped) {
    swap(bytes, kind.size);
  }
  return bytes;
}

/** The dtype of a typed array's own class. */
const ownDtype = (array) => OWN[$.typedTag(array)];

module.exports = {
  __proto__: null,
  cutInstants,
  cutsInstants: () => cutsInstants,
  dateOf,
  narrow,
  ownDtype,
  pack,
  parse,
  unpack,
};
