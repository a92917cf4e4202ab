/**
 * A frame in JavaScript: an Array of plain row objects that are made when they are asked for.
 *
 * Lives in the worker. The Array is real, filled block by block, behind a Proxy that fills what is
 * about to be looked at. A row that the program has seen stays: what is assigned to it is there
 * when it is read again. Only rows that a callback cannot have kept (`escapes.js`) are made and
 * forgotten. Before anything else than reading happens to the Array, it is filled; from then on it
 * is an Array like any other. `columns`, beside, holds the columns.
 */
'use strict';

const util = require('node:util');
const $ = require('../primordials.js');
const { adoptRows, frameOf, frames, methodFor } = require('./array_methods.js');
const { GivenColumns } = require('./given_columns.js');
const { makerOf } = require('./rows.js');
const { Refusal } = require('../refusal.js');

const BLOCK = 1024;
const MOST_SHOWN = 100;

class Frame {
  /** The Array behind the Proxy; rows that are not made yet are holes in it. */
  target;

  proxy;

  #names;

  #columns;

  #source;

  #maker = null;

  #kept;

  #isFilled;

  /** Whether the program has done anything else than reading. */
  #isTouched = false;

  #given;

  constructor(names, columns, count, source, kept) {
    this.#names = names;
    this.#columns = columns;
    this.#source = source;
    this.#kept = kept;
    this.#given = new GivenColumns(names, columns);
    this.#isFilled = count === 0;
    this.target = new Array(count);
    this.count = count;
    const hidden = { __proto__: null, enumerable: false, writable: true, configurable: true };
    $.defineProperty(this.target, 'columns', { ...hidden, value: this.#given.object });
    this.#given.holder = this.target;
    const inspect = (_, options) => this.#inspect(options);
    $.defineProperty(this.target, util.inspect.custom, { ...hidden, value: inspect });
  }

  get isFilled() {
    return this.#isFilled;
  }

  get names() {
    return this.#names;
  }

  /** Make all rows, since the Array is about to be changed. */
  touch() {
    this.#isTouched = true;
    return this.fill();
  }

  /** Make one row, which nobody has seen yet. */
  row(index) {
    return this.#made().row(index);
  }

  /** A function that makes a row, for this time only, of what is going to be read of it. */
  passingRows({ names, readsAll }) {
    if (readsAll) {
      return this.#made().row;
    }
    const read = [];
    const columns = [];
    for (let at = 0; at < this.#names.length; at += 1) {
      if (names[this.#names[at]] === true) {
        read[read.length] = this.#names[at];
        columns[columns.length] = this.#columns[at];
      }
    }
    return makerOf(read, columns).row;
  }

  /** A row that the program keeps from now on. */
  keep(index) {
    this.target[index] ??= this.row(index);
    return this.target[index];
  }

  /** Let a row that a callback has in its hands be the Array's own, with all that it lacks. */
  adopt(row, index) {
    const whole = this.row(index);
    const keys = $.objectKeys(whole);
    for (let at = 0; at < keys.length; at += 1) {
      const key = keys[at];
      const value = $.hasOwn(row, key) ? row[key] : whole[key];
      $.deleteProperty(row, key); // so that it comes behind those before it
      $.defineProperty(row, key, {
        __proto__: null,
        value,
        writable: true,
        enumerable: true,
        configurable: true,
      });
    }
    this.target[index] = row;
  }

  /** Make the rows of the block in which an index is. */
  fillAround(index) {
    adoptRows(this);
    const start = index - (index % BLOCK);
    this.#made().fill(this.target, start, $.minimum(start + BLOCK, this.count));
  }

  /** Make all rows that are not there. */
  fill() {
    if (!this.#isFilled) {
      adoptRows(this);
      this.#made().fill(this.target, 0, this.count);
      this.#isFilled = true;
      this.#maker = null;
    }
    return this.target;
  }

  /**
   * The node of the kernel's own frame, with the columns that were changed; null if its rows were
   * changed, and have to go.
   */
  node(writer) {
    if ((this.#kept ?? this.#source) === null) {
      return null;
    }
    this.#refuseProperties();
    const sameRows =
      this.target.length === this.count && this.#areCellsIntact() && this.#areRowsSame();
    const changes = this.#given.changes(writer, this.count, this.#kept !== null && sameRows);
    if (!sameRows) {
      return null;
    }
    if (changes !== null) {
      return `{"$":"frame","v":${this.#kept},${changes}}`;
    }
    if (this.#kept !== null) {
      return `{"$":"kept","kept":${this.#kept}}`;
    }
    const { bytes, rest } = this.#source;
    return `{"$":"arrow","b":${writer.addBuffer(bytes)},${rest}`;
  }

  #made() {
    this.#maker ??= makerOf(this.#names, this.#columns);
    return this.#maker;
  }

  /** A property that the program has put on the Array is no column, and would be lost. */
  #refuseProperties() {
    const keys = this.#isTouched ? $.objectKeys(this.target) : $.bareList();
    const last = keys.length - 1;
    if (last >= 0 && indexOf(keys[last], Infinity) < 0) {
      const name = $.jsonStringify(keys[last]);
      const why = `has a property ${name}, which is none of its columns`;
      throw new Refusal('Array', why, `assign df.columns[${name}] instead`);
    }
  }

  #areCellsIntact() {
    for (let at = 0; at < this.#columns.length; at += 1) {
      if (this.#columns[at].isIntact?.() === false) {
        return false;
      }
    }
    return true;
  }

  #areRowsSame() {
    const keys = this.#keys();
    for (let index = 0; index < this.count; index += 1) {
      if ($.hasOwn(this.target, index)) {
        if (!this.#isRowSame(this.target[index], index, keys)) {
          return false;
        }
      } else if (this.#isFilled) {
        return false;
      }
    }
    return true;
  }

  /** The names in the order in which an object has them: those that are numbers come first. */
  #keys() {
    const object = { __proto__: null };
    for (let at = 0; at < this.#names.length; at += 1) {
      $.defineProperty(object, this.#names[at], { __proto__: null, value: at, enumerable: true });
    }
    const keys = $.objectKeys(object);
    const places = $.bareList();
    for (let at = 0; at < keys.length; at += 1) {
      places[at] = object[keys[at]];
    }
    return { __proto__: null, keys, places };
  }

  #isRowSame(row, index, { keys, places }) {
    const isPlain =
      typeof row === 'object' &&
      row !== null &&
      !util.types.isProxy(row) &&
      $.getPrototypeOf(row) === $.ObjectPrototype;
    const own = isPlain ? $.ownKeys(row) : keys;
    if (!isPlain || own.length !== keys.length) {
      return false;
    }
    for (let at = 0; at < keys.length; at += 1) {
      if (own[at] !== keys[at] || !this.#columns[places[at]].isSame(row[keys[at]], index)) {
        return false;
      }
    }
    return true;
  }

  /** How `console.log` shows it: the Array, of which it would see the holes. */
  #inspect(options) {
    const { target } = this;
    const shown = $.minimum(target.length, MOST_SHOWN);
    const rows = [];
    for (let index = 0; index < shown; index += 1) {
      rows[index] = this.proxy[index];
    }
    const text = util.inspect(rows, options);
    const rest = target.length - shown;
    return rest === 0 ? text : `${$.slice(text, 0, -1)}  ... ${rest} more items\n]`;
  }
}

/** The index that a key of the Array is, or -1. */
function indexOf(key, count) {
  if (typeof key !== 'string') {
    return -1;
  }
  const index = $.numberOf(key);
  return index >= 0 && index < count && `${index}` === key ? index : -1;
}

/** What happens when the program touches the Array: it is filled where it is looked at. */
class Handler {
  #frame;

  constructor(frame) {
    this.#frame = frame;
  }

  get(target, key) {
    const value = target[key];
    if (typeof value === 'function') {
      return methodFor(value);
    }
    if (value !== undefined || this.#frame.isFilled) {
      return value;
    }
    this.#fillAt(key);
    return target[key];
  }

  has(target, key) {
    return key in target || (!this.#frame.isFilled && indexOf(key, target.length) >= 0);
  }

  getOwnPropertyDescriptor(target, key) {
    this.#fillAt(key);
    return $.getOwnPropertyDescriptor(target, key);
  }

  ownKeys(target) {
    this.#frame.fill();
    return $.ownKeys(target);
  }

  set(target, key, value, receiver) {
    this.#frame.touch();
    return $.reflectSet(target, key, value, receiver === this.#frame.proxy ? target : receiver);
  }

  defineProperty(target, key, descriptor) {
    this.#frame.touch();
    return $.reflectDefine(target, key, descriptor);
  }

  deleteProperty(target, key) {
    this.#frame.touch();
    return $.deleteProperty(target, key);
  }

  preventExtensions(target) {
    this.#frame.touch();
    return $.preventExtensions(target);
  }

  #fillAt(key) {
    const frame = this.#frame;
    const index = frame.isFilled ? -1 : indexOf(key, frame.target.length);
    if (index >= 0 && !$.hasOwn(frame.target, index)) {
      frame.fillAround(index);
    }
  }
}

/**
 * The rows of a table, given its columns' names, its columns, and the number of rows.
 *
 * `source` is what the table came from: its bytes, and the rest of the node that they go back
 * with; null if it cannot go back. `kept` is the number by which the kernel kept the frame, or null.
 */
function rowsOf(names, columns, count, source, kept) {
  const frame = new Frame(names, columns, count, source, kept);
  frame.proxy = new Proxy(frame.target, new Handler(frame));
  frames.set(frame.proxy, frame);
  return frame.proxy;
}

module.exports = { __proto__: null, frameOf, rowsOf };
