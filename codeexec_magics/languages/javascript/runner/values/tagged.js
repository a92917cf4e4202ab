/**
 * Values of Python that JavaScript has no type for: Decimal, Fraction, timedelta, UUID, paths, …
 *
 * Lives in the worker. A `Tagged` shows itself as text, counts as a number where that has a
 * meaning, and travels back as exactly what it was.
 */
'use strict';

const $ = require('../primordials.js');

const SECONDS_A_DAY = 86400;
const nodes = new WeakMap();

/** Kinds whose text, put together with a number by `+`, would look like a sum. */
const NUMERIC = { __proto__: null, complex: true, decimal: true, fraction: true, timedelta: true };

class Tagged {
  /** The name of the kind, for example `decimal`. */
  type;

  /** The value as Python's `str` would show it. */
  text;

  #number;

  constructor(type, text, number) {
    this.type = type;
    this.text = text;
    this.#number = number;
    Object.freeze(this);
  }

  toString() {
    return this.text;
  }

  [Symbol.toPrimitive](hint) {
    if (hint === 'default' && NUMERIC[this.type]) {
      const what = `a ${this.type} of Python has no + and no == in JavaScript`;
      throw new TypeError(`${what}: take Number(value), or its text, value.text`);
    }
    return hint === 'number' ? this.#number : this.text;
  }

  [Symbol.for('nodejs.util.inspect.custom')]() {
    return `Tagged(${this.type} ${this.text})`;
  }
}

const numberNode = (node) => (typeof node === 'object' ? node.v : `${node}`);

function fraction(text) {
  const at = text.indexOf('/');
  return Number(text.slice(0, at)) / Number(text.slice(at + 1));
}

function duration([days, seconds, microseconds]) {
  const two = (number) => String(number).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  const clock = `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
  const rest = microseconds ? `.${String(microseconds).padStart(6, '0')}` : '';
  const plural = Math.abs(days) === 1 ? '' : 's';
  return (days ? `${days} day${plural}, ` : '') + clock + rest;
}

const milliseconds = ([days, seconds, microseconds]) =>
  (days * SECONDS_A_DAY + seconds) * 1000 + microseconds / 1000;

function complexText([real, imaginary]) {
  const part = numberNode(imaginary);
  return `(${numberNode(real)}${/^[-+]/.test(part) ? '' : '+'}${part}j)`;
}

const plain = (node) => [String(node.v), NaN];

/** Tag → function from a node to its text and its number. */
const KINDS = {
  __proto__: null,
  time: plain,
  uuid: plain,
  path: (node) => [typeof node.v === 'string' ? node.v : String.fromCodePoint(...node.v.v), NaN],
  decimal: (node) => [String(node.v), Number(node.v)],
  fraction: (node) => [String(node.v), fraction(node.v)],
  timedelta: (node) => [duration(node.v), milliseconds(node.v)],
  complex: (node) => [complexText(node.v), NaN],
  range: (node) => [`range(${node.v.map(numberNode).join(', ')})`, NaN],
};

/** The value of a node, or null if its kind is none of these. */
function tag(node) {
  const read = KINDS[node.$];
  if (read === undefined) {
    return null;
  }
  const [text, number] = read(node);
  const value = new Tagged(node.$, text, number);
  nodes.set(value, JSON.stringify(node));
  return value;
}

/** The JSON text of the node that a value came from; undefined if it is none of ours. */
const nodeText = (value) => $.weakGet(nodes, value);

module.exports = { __proto__: null, Tagged, nodeText, tag };
