/**
 * What a value was in Python, where JavaScript's type does not tell it.
 *
 * Lives in the worker; owns the memory of which Array was a tuple, which Set a frozenset, of which
 * dtype an array was, which kind of date a Date was or the Dates of an Array were, and by which
 * number the kernel kept what it sent.
 */
'use strict';

const $ = require('../primordials.js');

const origins = new WeakMap();

/** Remember where an object came from; returns the object. */
function remember(value, origin) {
  $.setPrototypeOf(origin, null);
  $.weakSet(origins, value, origin);
  return value;
}

/** What was remembered of an object, or undefined. */
const originOf = (value) => $.weakGet(origins, value);

module.exports = { __proto__: null, originOf, remember };
