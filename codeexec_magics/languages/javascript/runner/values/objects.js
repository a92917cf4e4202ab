/**
 * Which objects are plain, the order of their keys, and what to do about a value that is not.
 *
 * Lives in the worker and works after the program.
 */
'use strict';

const { types } = require('node:util');
const $ = require('../primordials.js');
const { Refusal, className, typeName } = require('../refusal.js');
const { originOf } = require('./provenance.js');

const WAY_OUT = {
  __proto__: null,
  function: 'call it, and return what it returns',
  Promise: 'await it',
  symbol: 'send its description',
  Error: 'throw it, or send its message',
  RegExp: 'send its source',
};

function refuse(value) {
  const name = typeName(value);
  const isError = types.isNativeError(value);
  const wayOut = WAY_OUT[isError ? 'Error' : typeof value === 'object' ? name : typeof value];
  throw new Refusal(
    name,
    'cannot be sent back',
    wayOut ?? 'turn it into a plain object, or give it toJSON()',
  );
}

/** Whether a prototype is the root of plain objects, of this context or of another. */
function isPlain(value, prototype) {
  if (prototype === null || prototype === $.ObjectPrototype) {
    return true;
  }
  return $.getPrototypeOf(prototype) === null && className(value) === 'Object';
}

/** An object's keys: in the order that they had in Python, then those that are new. */
function keysInOrder(value) {
  const keys = $.objectKeys(value);
  const order = originOf(value)?.order;
  if (order === undefined) {
    return keys;
  }
  const known = new $.SetClass();
  const sorted = $.bareList();
  const add = (key) => {
    if ($.propertyIsEnumerable(value, key) && !$.setHas(known, key)) {
      $.setAdd(known, key);
      sorted[sorted.length] = key;
    }
  };
  for (let index = 0; index < order.length; index += 1) {
    add(order[index]);
  }
  for (let index = 0; index < keys.length; index += 1) {
    add(keys[index]);
  }
  return sorted;
}

module.exports = { __proto__: null, isPlain, keysInOrder, refuse };
