/**
 * The columns of a frame: how a value is read, and how the code of a row reads it.
 *
 * Lives in the worker. A column is an object of these properties:
 *
 * - `length`;
 * - `sources`: what the code reads from, a list;
 * - `code(names, index)`: an expression of the value, given the sources' names and the index's;
 * - `at(index)`: the same value, without generated code;
 * - `whole()`: all values in a typed array or an Array of their own;
 * - `isSame(value, index)`: whether a value still is what it was at first;
 * - `isIntact()`, where values are objects, which a program may have changed by a row that it did
 *   not keep: whether all that rows have had still are what they were.
 *
 * and, as far as they are known, of these, which `decode.js` sets:
 *
 * - `isFloat`: whether its numbers are floats in Python;
 * - `dtype`: the dtype of numpy in which `whole()` goes back;
 * - `as`: the JSON text of what its instants are in Python (PROTOCOL.md, frames).
 */
'use strict';

const $ = require('../primordials.js');

const { isDate } = require('node:util').types;
const { isSame: isDeeplySame } = require('../values/equality.js');

const bitOf = (bits, index) => `(${bits}[${index} >> 3] >> (${index} & 7) & 1) === 1`;
const hasBit = (bits, index) => ((bits[index >> 3] >> (index & 7)) & 1) === 1;

function list(length, at) {
  const values = new Array(length);
  for (let index = 0; index < length; index += 1) {
    values[index] = at(index);
  }
  return values;
}

/** A column whose code and value are null where a bit is not set. */
function column(length, sources, code, at, bits, whole) {
  const isPlain = bits === null;
  const read = isPlain ? at : (index) => (hasBit(bits, index) ? at(index) : null);
  const all = isPlain ? sources : [...sources, bits];
  return {
    __proto__: null,
    length,
    sources: () => all,
    code: isPlain
      ? code
      : (names, index) => `${bitOf(names[sources.length], index)} ? ${code(names, index)} : null`,
    at: read,
    whole: isPlain && whole !== null ? whole : () => list(length, read),
    isSame: (value, index) => $.is(value, read(index)),
  };
}

/** Values that stand in a typed array, or in an Array of primitives. */
function direct(values, bits) {
  const code = ([all], index) => `${all}[${index}]`;
  const made = column(
    values.length,
    [values],
    code,
    (index) => values[index],
    bits,
    () =>
      $.isArray(values)
        ? list(values.length, (index) => values[index])
        : new values.constructor(values),
  );
  made.raw = bits === null ? values : null;
  return made;
}

/** The same column with null in its rows where it is NaN; its typed array keeps the NaN. */
function withNullForNaN(made) {
  const { raw } = made;
  let has = false;
  for (let index = 0; !has && index < raw.length; index += 1) {
    has = raw[index] !== raw[index];
  }
  if (!has) {
    return made;
  }
  const at = (index) => (raw[index] !== raw[index] ? null : raw[index]);
  const code = ([all], index) => `${all}[${index}] === ${all}[${index}] ? ${all}[${index}] : null`;
  const isSame = (value, index) => $.is(value, raw[index]) || $.is(value, at(index));
  return { ...made, code, at, isSame };
}

/** Booleans, a bit each. */
function flags(values, bits, length) {
  const code = ([all], index) => bitOf(all, index);
  return column(length, [values], code, (index) => hasBit(values, index), bits, null);
}

/** Parts of one text; `places` says where each begins, and where the last one ends. */
function text(all, places, bits) {
  const code = ([whole, begins, slice], index) =>
    `${slice}(${whole}, ${begins}[${index}], ${begins}[${index} + 1])`;
  const at = (index) => $.slice(all, places[index], places[index + 1]);
  return column(places.length - 1, [all, places, $.slice], code, at, bits, null);
}

/** Values that stand once in a list, and are named by their place there. */
function coded(values, places, bits) {
  const code = ([all, each], index) => `${all}[${each}[${index}]]`;
  return column(
    places.length,
    [values, places],
    code,
    (index) => values[places[index]],
    bits,
    null,
  );
}

/** Dates, made when the first is asked for; a row and the next have the same one. */
function dates(make, length) {
  let made = null;
  let times = null;
  const all = () => {
    if (made === null) {
      made = make();
      times = new Float64Array(length);
      for (let index = 0; index < length; index += 1) {
        times[index] = made[index] === null ? NaN : $.dateTime(made[index]);
      }
    }
    return made;
  };
  return {
    __proto__: null,
    length,
    sources: () => [all()],
    code: ([values], index) => `${values}[${index}]`,
    at: (index) => all()[index],
    dates: () => made,
    whole: () =>
      list(length, (index) => (all()[index] === null ? null : new $.DateClass(times[index]))),
    isSame(value, index) {
      const own = all()[index];
      return own === null || !isDate(value) ? value === own : $.dateTime(value) === times[index];
    },
    isIntact() {
      for (let index = 0; made !== null && index < length; index += 1) {
        if (made[index] !== null && $.dateTime(made[index]) !== times[index]) {
          return false;
        }
      }
      return true;
    },
  };
}

/** Values of any kind; `originals` are others that are equal, which the program never sees. */
function anything(values, originals) {
  let isRead = false;
  return {
    __proto__: null,
    length: values.length,
    sources() {
      isRead = true;
      return [values];
    },
    code: ([all], index) => `${all}[${index}]`,
    at: (index) => values[index],
    raw: values,
    dates: () => values,
    whole: () =>
      $.isView(values)
        ? new values.constructor(values)
        : list(values.length, (index) => values[index]),
    isSame: (value, index) => isDeeplySame(value, originals[index]),
    isIntact() {
      for (let index = 0; isRead && index < values.length; index += 1) {
        if (!isDeeplySame(values[index], originals[index])) {
          return false;
        }
      }
      return true;
    },
  };
}

module.exports = { __proto__: null, anything, coded, dates, direct, flags, text, withNullForNaN };
