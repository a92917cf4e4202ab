/**
 * A value that cannot travel: where it stands, what it is, why, and a way out.
 *
 * Lives in the worker; thrown by the encoder and the decoder, caught where a run is reported.
 * Not an Error: the program's changes to Error do not reach it.
 */
'use strict';

const { types } = require('node:util');
const $ = require('./primordials.js');

const { isNativeError, isProxy } = types;
const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u;
const LONGEST_NAME = 100;
/** Characters of a path, and those of its beginning and its end where it is longer. */
const LONGEST_PATH = 300;
const PATH_HEAD = 180;
const PATH_TAIL = 60;

/** Run a function that touches the program's objects; what it throws becomes `fallback`. */
function attempt(action, fallback) {
  try {
    return action();
  } catch {
    return fallback;
  }
}

/** The name of an object's class, '' if it cannot be told. */
function className(value) {
  const name = attempt(() => $.getPrototypeOf(value)?.constructor?.name, '');
  return typeof name === 'string' ? $.slice(name, 0, LONGEST_NAME) : '';
}

/** The type of any value in a few words. */
function typeName(value) {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) {
    return value === null ? 'null' : typeof value;
  }
  if (isProxy(value)) {
    return 'Proxy';
  }
  return className(value) || (typeof value === 'function' ? 'function' : 'Object');
}

/** How a program would write one more step of a path. */
const step = {
  __proto__: null,
  index: (index) => `[${index}]`,
  key: (key) =>
    $.execute(IDENTIFIER, key) === null
      ? `[${$.jsonStringify($.slice(key, 0, LONGEST_NAME))}]`
      : `.${$.slice(key, 0, LONGEST_NAME)}`,
  entry: (key) => {
    const text =
      typeof key === 'string' ? $.jsonStringify(key) : attempt(() => $.stringOf(key), '…');
    return `.get(${$.slice(text, 0, LONGEST_NAME)})`;
  },
  member: (index) => `[…][${index}]`,
};

class Refusal {
  #path = '';
  #type;
  #why;
  #wayOut;

  constructor(type, why, wayOut) {
    this.#type = type;
    this.#why = why;
    this.#wayOut = wayOut;
  }

  /** Whether a thrown thing is a refusal; no proxy or look-alike can be. */
  static is(thrown) {
    return typeof thrown === 'object' && thrown !== null && #path in thrown;
  }

  /** What was thrown while a value was read, as a refusal with one more step before its path. */
  static within(thrown, part) {
    const refusal = Refusal.is(thrown) ? thrown : Refusal.#ofThrown(thrown);
    refusal.#path = part + refusal.#path;
    return refusal;
  }

  static #ofThrown(thrown) {
    const message = attempt(() => $.stringOf(thrown.message), '');
    const what = isNativeError(thrown) ? `${typeName(thrown)}: ${message}` : typeName(thrown);
    return new Refusal('', `could not be read: ${what}`, 'turn it into plain data first');
  }

  /** The path, beginning with the word for the whole. */
  path(root) {
    const { length } = this.#path;
    const path =
      length <= LONGEST_PATH
        ? this.#path
        : `${$.slice(this.#path, 0, PATH_HEAD)}…${$.slice(this.#path, length - PATH_TAIL)}`;
    return root + path;
  }

  /** One line for the user. */
  message(root) {
    const type = this.#type ? ` (${this.#type})` : '';
    return `${this.path(root)}${type} ${this.#why}; ${this.#wayOut}`;
  }
}

module.exports = { __proto__: null, Refusal, attempt, className, step, typeName };
