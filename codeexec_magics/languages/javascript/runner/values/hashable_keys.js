/**
 * Keys of a Map and members of a Set → nodes that Python can hash, no two of them equal there.
 *
 * Lives in the worker and works after the program. Python counts `1`, `1n` and `true` as one key;
 * a Map that has two of them cannot travel without losing one.
 */
'use strict';

const { types } = require('node:util');
const $ = require('../primordials.js');
const { originOf } = require('./provenance.js');
const { Refusal, typeName } = require('../refusal.js');
const tagged = require('./tagged.js');

const { isDate, isSet, isUint8Array } = types;

/** A text that two values share when Python counts them as equal; '' where it cannot happen. */
function identity(value) {
  switch (typeof value) {
    case 'undefined':
      return 'none';
    case 'boolean':
      return value ? 'n1' : 'n0';
    case 'bigint':
      return `n${$.bigIntText(value, 10)}`;
    case 'number':
      return $.isInteger(value) ? `n${$.bigIntText($.bigIntOf(value), 10)}` : '';
    default:
      return value === null ? 'none' : '';
  }
}

function isHashable(value) {
  if (value === null || typeof value !== 'object') {
    return true;
  }
  const kind = originOf(value)?.kind;
  if (kind === 'tuple' && $.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) {
      if (!isHashable(value[index])) {
        return false;
      }
    }
    return true;
  }
  const isFrozen = isSet(value) && kind === 'frozenset';
  const isBytes = isUint8Array(value) && kind !== 'bytearray';
  return isFrozen || isBytes || isDate(value) || tagged.nodeText(value) !== undefined;
}

/** The JSON text of a key's node; `seen` is the set of keys before it. */
function keyText(value, seen, writer) {
  if (!isHashable(value)) {
    const why = 'cannot be a key of a dict or a member of a set in Python';
    throw new Refusal(typeName(value), why, 'use text or numbers, or an Array instead of the Set');
  }
  const same = identity(value);
  if (same !== '' && $.setHas(seen, same)) {
    const why = 'equals another key or member in Python, where 1, 1n and true are one';
    throw new Refusal(typeName(value), why, 'use text instead');
  }
  $.setAdd(seen, same);
  return writer.node(value);
}

module.exports = { __proto__: null, keyText };
