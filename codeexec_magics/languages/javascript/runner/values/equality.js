/**
 * Whether two values are the same in every part.
 *
 * Lives in the worker and works after the program, whose values it takes apart.
 */
'use strict';

const { types } = require('node:util');
const $ = require('../primordials.js');
const tagged = require('./tagged.js');

const { isDate, isMap, isProxy, isSet } = types;

function sameItems(left, right, length) {
  for (let index = 0; index < length; index += 1) {
    if (!isSame(left[index], right[index])) {
      return false;
    }
  }
  return true;
}

function sameEntries(left, right) {
  const keys = $.objectKeys(right);
  const present = $.ownKeys(left);
  if (present.length !== keys.length) {
    return false;
  }
  for (let index = 0; index < keys.length; index += 1) {
    if (present[index] !== keys[index] || !isSame(left[keys[index]], right[keys[index]])) {
      return false;
    }
  }
  return true;
}

function sameMembers(left, right, each) {
  const of = (value) => {
    const found = $.bareList();
    each(value, (item, key) => {
      found[found.length] = key;
      found[found.length] = item;
    });
    return found;
  };
  const [one, other] = [of(left), of(right)];
  return one.length === other.length && sameItems(one, other, one.length);
}

/** Whether a value equals another one, which the program cannot have touched. */
function isSame(left, right) {
  if ($.is(left, right)) {
    return true;
  }
  const areObjects =
    typeof left === 'object' && left !== null && typeof right === 'object' && right !== null;
  if (!areObjects || isProxy(left)) {
    return false;
  }
  const text = tagged.nodeText(right);
  if (text !== undefined) {
    return tagged.nodeText(left) === text;
  }
  if (isDate(right)) {
    return isDate(left) && $.is($.dateTime(left), $.dateTime(right));
  }
  if ($.getPrototypeOf(left) !== $.getPrototypeOf(right)) {
    return false;
  }
  if (isMap(right)) {
    return isMap(left) && sameMembers(left, right, $.forEachInMap);
  }
  if (isSet(right)) {
    return isSet(left) && sameMembers(left, right, $.forEachInSet);
  }
  if ($.isView(right)) {
    const isTyped = $.isView(left) && $.typedTag(left) === $.typedTag(right);
    const length = isTyped ? $.typedLength(left) : -1;
    return length === $.typedLength(right) && sameItems(left, right, length);
  }
  if ($.isArray(right)) {
    return $.isArray(left) && left.length === right.length && sameItems(left, right, left.length);
  }
  return sameEntries(left, right);
}

module.exports = { __proto__: null, isSame };
