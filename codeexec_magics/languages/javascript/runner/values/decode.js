/**
 * Nodes of the wire → JavaScript values.
 *
 * Lives in the worker and works before the program runs. Buffers are copied out of the inputs
 * arena, so that a program owns what it is given.
 */
'use strict';

const { readInputs } = require('../wire/arena.js');
const { fieldsOf } = require('../frames/arrow.js');
const columns = require('../frames/columns.js');
const dtypes = require('./dtypes.js');
const schemas = require('../frames/schemas.js');
const { originOf, remember } = require('./provenance.js');
const { Refusal, step } = require('../refusal.js');
const { rowsOf } = require('../frames/tables.js');
const { tag } = require('./tagged.js');

const TAG_KEY = '"$"';
const DATETIME =
  /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(Z|([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/;
const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const SPECIAL = { __proto__: null, nan: NaN, inf: Infinity, '-inf': -Infinity, '-0': -0 };

class Reader {
  #buffers;

  constructor(buffers) {
    this.#buffers = buffers;
  }

  /** The value of a node; arrays and objects without tags are kept, and changed in place. */
  value(node) {
    if (node === null || typeof node !== 'object') {
      return node;
    }
    if (Array.isArray(node)) {
      return this.#items(node);
    }
    return Object.hasOwn(node, '$') ? this.#tagged(node) : this.#entries(node);
  }

  #items(nodes) {
    let index = 0;
    try {
      for (; index < nodes.length; index += 1) {
        const node = nodes[index];
        if (node !== null && typeof node === 'object') {
          nodes[index] = this.value(node);
        }
      }
    } catch (error) {
      throw Refusal.within(error, step.index(index));
    }
    return nodes;
  }

  #entries(nodes) {
    let current = '';
    try {
      for (const key of Object.keys(nodes)) {
        current = key;
        const node = nodes[key];
        if (node !== null && typeof node === 'object') {
          nodes[key] = this.value(node);
        }
      }
    } catch (error) {
      throw Refusal.within(error, step.key(current));
    }
    return nodes;
  }

  #tagged(node) {
    const read = READERS[node.$];
    const isKept = node.kept !== undefined && (node.$ === 'array' || node.$ === 'column');
    const text = isKept ? JSON.stringify(node) : '';
    const value = read === undefined ? tag(node) : read(node, this);
    if (isKept && value !== null && typeof value === 'object') {
      const again = () => READERS[node.$](JSON.parse(text), this);
      return remember(value, { ...originOf(value), kept: node.kept, again });
    }
    if (value === null) {
      const why = 'is of a kind that JavaScript cannot hold';
      throw new Refusal(String(node.$), why, 'turn it into plain data, arrays or frames first');
    }
    return value;
  }

  /** The bytes of a buffer, in an ArrayBuffer of their own. */
  bytes(index) {
    const range = this.#buffers[index];
    if (!Array.isArray(range)) {
      throw new Refusal('', `names the buffer ${index}, which does not exist`, 'report this');
    }
    return readInputs(range[0], range[1]);
  }

  /** The items of an array node in C order, and where they came from. */
  array(node, used) {
    const kind = dtypes.parse(node.dtype);
    const bytes = this.bytes(node.b);
    const count = node.shape.reduce((product, size) => product * size, 1);
    if (!Number.isSafeInteger(count) || count * kind.size !== bytes.length) {
      throw new Refusal('array', 'does not have the size that its shape says', 'report this');
    }
    return dtypes.unpack(kind, bytes, used);
  }

  /** A table's column: its values, with null where there is none. */
  column(node) {
    if (node === null || typeof node !== 'object' || node.$ !== 'column') {
      return node?.$ === 'array' ? this.array(node, null) : this.value(node);
    }
    const used = node.valid === undefined ? null : this.bytes(node.valid);
    const values = node.v.$ === 'array' ? this.array(node.v, used) : this.value(node.v);
    return used === null ? values : Array.from(values, (item, at) => (used[at] ? item : null));
  }

  /** An array of a shape, nested as deeply as it has dimensions. */
  nested(items, shape, node) {
    const { dtype, isOfItems, was } = node;
    const origin = { dtype, shape, isOfItems, was };
    if (shape.length === 1) {
      return remember(items, origin);
    }
    const inner = shape.slice(1);
    const size = inner.reduce((product, next) => product * next, 1);
    const rows = Array.from({ length: shape[0] }, (_, row) =>
      this.nested(items.slice(row * size, (row + 1) * size), inner, node),
    );
    return remember(rows, origin);
  }
}

function readBytes(node, reader) {
  if (node.b !== undefined) {
    return Buffer.from(reader.bytes(node.b).buffer);
  }
  // Not from the shared pool: a program that reads `.buffer` must find its own bytes alone.
  const pooled = Buffer.from(node.v, 'base64');
  const own = Buffer.alloc(pooled.length);
  pooled.copy(own);
  return own;
}

/** Milliseconds since 1970 of a date in UTC, years below 100 included. */
function timeOf(year, month, day, hour = 0, minute = 0, second = 0, millisecond = 0) {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second, millisecond);
  return date.getTime();
}

function readDatetime(node) {
  const found = DATETIME.exec(node.v);
  if (found === null) {
    throw new Refusal('datetime', `is no date and time: ${node.v}`, 'report this');
  }
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map(Number);
  const fraction = (found[7] ?? '').padEnd(3, '0');
  const offset =
    Number(found[10] ?? 0) * 3600 + Number(found[11] ?? 0) * 60 + Number(found[12] ?? 0);
  if (/[^0]/.test(fraction.slice(3)) && !dtypes.cutsInstants()) {
    const why = 'has a fraction of a millisecond, which a Date cannot hold';
    throw new Refusal('datetime', why, 'round it, or send it as text');
  }
  const local = timeOf(year, month, day, hour, minute, second, Number(fraction.slice(0, 3)));
  const time = local - (found[9] === '-' ? -offset : offset) * 1000;
  return remember(new Date(time), { time, node: JSON.stringify(node) });
}

function readDate(node) {
  const found = DATE.exec(node.v);
  if (found === null) {
    throw new Refusal('date', `is no date: ${node.v}`, 'report this');
  }
  const time = timeOf(...found.slice(1, 4).map(Number));
  return remember(new Date(time), { time, node: JSON.stringify(node) });
}

/** A text with halves of surrogate pairs; two that would make a pair are two to Python only. */
function readText({ v: points }) {
  const makesPair = (point, at) =>
    point >= 0xd800 && point < 0xdc00 && points[at + 1] >= 0xdc00 && points[at + 1] < 0xe000;
  if (points.some(makesPair)) {
    const why = 'has two halves of a character side by side, which JavaScript reads as one';
    throw new Refusal('str', why, 'join them, or send it as bytes');
  }
  return points.map((point) => String.fromCodePoint(point)).join('');
}

/** A Map or a Set with all of its members: JavaScript has one NaN only. */
function whole(members, count) {
  if (members.size !== count) {
    throw new Refusal('', 'has NaN twice, which JavaScript counts once', 'send a list instead');
  }
  return members;
}

const readSet = (node, reader) => whole(new Set(reader.value(node.v)), node.v.length);

/** An object where all keys are text, else a Map; an object remembers the order of its keys. */
function readDict(node, reader) {
  const pairs = node.v.map(([key, value]) => [reader.value(key), reader.value(value)]);
  if (!pairs.every(([key]) => typeof key === 'string')) {
    return whole(new Map(pairs), pairs.length);
  }
  const value = Object.fromEntries(pairs);
  const order = pairs.map(([key]) => key);
  const isKept = Object.keys(value).every((key, at) => key === order[at]);
  return isKept ? value : remember(value, { order });
}

function readInteger(node) {
  const negative = node.v.startsWith('-');
  const magnitude = BigInt(negative ? node.v.slice(1) : node.v);
  return negative ? -magnitude : magnitude;
}

function readScalar(node) {
  const kind = dtypes.parse(node.dtype);
  const bytes = Uint8Array.from(Buffer.from(node.v, 'base64'));
  const value = dtypes.unpack(kind, bytes, null)[0];
  if (!(value instanceof Date)) {
    return value;
  }
  return remember(value, { time: value.getTime(), node: JSON.stringify(node) });
}

function readArray(node, reader) {
  const isOfItems = node.v !== undefined;
  const items = isOfItems ? reader.value(node.v) : reader.array(node, null);
  if (Array.isArray(items)) {
    const as = node.as ?? (node.dtype[1] === 'M' ? 'naive' : undefined);
    schemas.registerDates(() => items, JSON.stringify(as));
  }
  return node.shape.length === 0
    ? items[0]
    : reader.nested(items, node.shape, { ...node, isOfItems });
}

/** A column of nodes; one whose values can change is read twice, to tell later if one did. */
function columnOfNodes(node, reader, isReturned) {
  const again = isReturned ? JSON.stringify(node) : '';
  const values = reader.column(node);
  const made = columns.anything(values, isReturned ? reader.column(JSON.parse(again)) : values);
  const dtype = node?.$ === 'column' ? node.v?.dtype : node?.dtype;
  made.isFloat = typeof dtype === 'string' && dtype[1] === 'f';
  made.dtype = ArrayBuffer.isView(values) ? dtype : undefined;
  return made;
}

/** The same column, with what the kernel says of it. */
function marked(made, { as, missing }) {
  made.as = JSON.stringify(as);
  schemas.registerDates(made.dates, made.as);
  return missing === 'nan' && ArrayBuffer.isView(made.raw) ? columns.withNullForNaN(made) : made;
}

/** The bytes of a table's source, and the text of the node that they may go back with. */
function readSource(node, reader) {
  if (node === undefined) {
    return null;
  }
  const { $: tagName, b, ...rest } = node;
  const bytes = reader.bytes(b);
  return { bytes, rest: rest.form === undefined ? null : JSON.stringify(rest).slice(1) };
}

function readTable(node, reader) {
  let at = 0;
  try {
    const source = readSource(node.source, reader);
    const isReturned = node.kept !== undefined || (source !== null && source.rest !== null);
    const wanted = node.columns.filter((column) => column?.$ === 'field').map(({ v }) => v);
    const fields = wanted.length === 0 ? [] : fieldsOf(source.bytes, wanted);
    const made = [];
    for (; at < node.columns.length; at += 1) {
      const column = node.columns[at];
      const read =
        column?.$ === 'field' ? fields.shift() : columnOfNodes(column, reader, isReturned);
      made.push(marked(read, column));
    }
    if (node.kept !== undefined) {
      schemas.register(node.names, made);
    }
    return rowsOf(node.names, made, node.rows, isReturned ? source : null, node.kept ?? null);
  } catch (error) {
    throw Refusal.within(error, step.index(0) + step.key(String(node.names[at] ?? '')));
  }
}

/** Tag → function from a node and its reader to the value. */
const READERS = {
  __proto__: null,
  int: readInteger,
  float: (node) => SPECIAL[node.v],
  str: readText,
  dict: readDict,
  tuple: (node, reader) => remember(reader.value(node.v), { kind: 'tuple' }),
  set: (node, reader) => remember(readSet(node, reader), { kind: 'set' }),
  frozenset: (node, reader) => remember(readSet(node, reader), { kind: 'frozenset' }),
  bytes: readBytes,
  bytearray: (node, reader) => remember(readBytes(node, reader), { kind: 'bytearray' }),
  datetime: readDatetime,
  date: readDate,
  scalar: readScalar,
  array: readArray,
  table: readTable,
  column: (node, reader) => {
    const values = reader.column(node);
    if (Array.isArray(values)) {
      schemas.registerDates(() => values, JSON.stringify(node.as));
    }
    return values;
  },
};

/**
 * The value of a descriptor.
 *
 * `text` is JSON text that holds the inline node and possibly more; if no tag stands in it, the
 * node already is the value.
 */
function decode(descriptor, text) {
  let node = descriptor.inline;
  let written = text;
  if (node === undefined) {
    const bytes = readInputs(descriptor.offset, descriptor.length);
    written = Buffer.from(bytes.buffer).toString('utf8');
    node = JSON.parse(written);
  }
  return written.includes(TAG_KEY) ? new Reader(descriptor.buffers ?? []).value(node) : node;
}

module.exports = { __proto__: null, decode };
