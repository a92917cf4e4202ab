/**
 * Keys of a Map and members of a Set → nodes that Python can hash, no two of them equal there.
 *
 * Lives in the worker and works after the program. Python counts `1`, `1n`, `true` and `Decimal(1)`
 * as one key, and two Dates of one time; a Map that has two of them cannot travel without losing
 * one.
 */
'use strict';

const { types } = require('node:util');
const $ = require('../primordials.js');
const { base64, isBuffer } = require('./binary.js');
const { decimalIdentity, fractionIdentity } = require('./number_identity.js');
const { originOf } = require('./provenance.js');
const { Refusal, typeName } = require('../refusal.js');
const { dateNode } = require('./scalars.js');
const tagged = require('./tagged.js');

const { isDate, isSet } = types;
const NAIVE = /^\{"\$":"datetime","v":"[^"]*T[^"Z+-]*"/;

/** A text that two keys share when Python counts them as equal; '' of what equals nothing. */
function identity(value) {
  switch (typeof value) {
    case 'undefined':
      return 'none';
    case 'boolean':
      return value ? 'n1' : 'n0';
    case 'bigint':
      return `n${$.bigIntText(value, 10)}`;
    case 'number':
      return $.isInteger(value) ? `n${$.bigIntText($.bigIntOf(value), 10)}` : `n${value}`;
    case 'string':
      return `s${value.length}:${value}`;
    default:
      return value === null ? 'none' : objectIdentity(value);
  }
}

function objectIdentity(value) {
  const text = tagged.nodeText(value);
  if (text !== undefined) {
    return taggedIdentity($.jsonParse(text), text);
  }
  if (isDate(value)) {
    const node = dateNode(value);
    // Instants with a zone are equal whatever the zone is; the others are not equal to them.
    const isInstant = $.startsWith(node, '{"$":"datetime"') && $.execute(NAIVE, node) === null;
    return isInstant ? `t${$.dateTime(value)}` : node;
  }
  if (isBuffer(value)) {
    return `b${base64(value)}`;
  }
  return isSet(value) ? `{${membersText(value)}}` : `(${itemsText(value)})`;
}

function taggedIdentity(node, text) {
  const { $: kind, v } = node;
  if (kind === 'decimal') {
    return decimalIdentity(v);
  }
  if (kind === 'fraction') {
    return fractionIdentity(v);
  }
  const isReal = kind === 'complex' && (v[1] === 0 || v[1]?.v === '-0');
  return isReal && typeof v[0] === 'number' ? identity(v[0]) : text;
}

function itemsText(items) {
  let text = '';
  for (let index = 0; index < items.length; index += 1) {
    text += `${identity(items[index])},`;
  }
  return text;
}

function membersText(members) {
  const found = $.bareList();
  $.forEachInSet(members, (member) => {
    found[found.length] = identity(member);
  });
  $.sort(found);
  let text = '';
  for (let index = 0; index < found.length; index += 1) {
    text += `${found[index]},`;
  }
  return text;
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
  const isBytes = isBuffer(value) && kind !== 'bytearray';
  return isFrozen || isBytes || isDate(value) || tagged.nodeText(value) !== undefined;
}

/** The JSON text of a key's node; `seen` is the set of keys before it. */
function keyText(value, seen, writer) {
  if (typeof value === 'string') {
    return writer.node(value); // No other key equals it.
  }
  if (!isHashable(value)) {
    const why = 'cannot be a key of a dict or a member of a set in Python';
    throw new Refusal(typeName(value), why, 'use text or numbers, or an Array instead of the Set');
  }
  const node = writer.node(value);
  const same = identity(value);
  if (same !== '' && $.setHas(seen, same)) {
    const why = 'equals another key or member in Python, where 1, 1n and true are one';
    throw new Refusal(typeName(value), why, 'use text instead');
  }
  $.setAdd(seen, same);
  return node;
}

module.exports = { __proto__: null, keyText };
