/**
 * What a value was in Python, where JavaScript's type does not tell it.
 *
 * Lives in the worker; owns the memory of which Array was a tuple, which Set a frozenset, of which
 * dtype an array was, and which kind of date a Date was.
 */
'use strict';

const $ = require('../primordials.js');

const origins = new WeakMap();

/** Remember where an object came from; returns the object. */
function remember(value, origin) {
  origins.set(value, Object.freeze(Object.setPrototypeOf(origin, null)));
  return value;
}

/** What was remembered of an object, or undefined. */
const originOf = (value) => $.weakGet(origins, value);

module.exports = { __proto__: null, originOf, remember };
