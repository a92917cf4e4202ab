/**
 * Numbers, strings, BigInts and Dates → the JSON text of their nodes.
 *
 * Lives in the worker and works after the program.
 */
'use strict';

const $ = require('../primordials.js');
const { kindOfDate } = require('../frames/schemas.js');
const { originOf } = require('./provenance.js');
const { Refusal } = require('../refusal.js');

const LARGEST_INTEGER = Number.MAX_SAFE_INTEGER;
/** From here on `String` writes an exponent by itself. */
const EXPONENT_FROM = 1e21;
/** The times between which Python has dates. */
const FIRST_YEAR = new Date(0).setUTCFullYear(1, 0, 1);
const END_YEAR = new Date(0).setUTCFullYear(10000, 0, 1);
const NEEDS_QUOTING = /["\\\u0000-\u001f\u007f-\uffff]/;

/** The node of a number. */
function numberNode(value) {
  if (value !== value || value === Infinity || value === -Infinity) {
    return `{"$":"float","v":"${value !== value ? 'nan' : value > 0 ? 'inf' : '-inf'}"}`;
  }
  if (value === 0) {
    return $.is(value, -0) ? '{"$":"float","v":"-0"}' : '0';
  }
  const magnitude = value < 0 ? -value : value;
  // A number written without point or exponent is an int to the reader.
  const isLargeInteger = magnitude > LARGEST_INTEGER && magnitude < EXPONENT_FROM;
  return isLargeInteger ? `${value}.0` : `${value}`;
}

/** The node of a number that is a float in Python, whole or not. */
function floatNode(value) {
  const text = numberNode(value);
  const isShort = $.isInteger(value) && !$.is(value, -0) && $.indexOf(text, '.') < 0;
  return isShort && $.indexOf(text, 'e') < 0 ? `${text}.0` : text;
}

/** The node of a string; one with lone surrogates cannot be text in UTF-8. */
function textNode(value) {
  if ($.execute(NEEDS_QUOTING, value) === null) {
    return `"${value}"`;
  }
  if ($.isWellFormed(value)) {
    return $.jsonStringify(value);
  }
  let points = '';
  for (let at = 0; at < value.length; at += 1) {
    const point = $.codePoint(value, at);
    points += `${at === 0 ? '' : ','}${point}`;
    at += point > 0xffff ? 1 : 0;
  }
  return `{"$":"str","v":[${points}]}`;
}

/** The node of a BigInt. */
function integerNode(value) {
  const digits = $.bigIntText(value < 0n ? -value : value, 16);
  return `{"$":"int","v":"${value < 0n ? '-' : ''}0x${digits}"}`;
}

/** The node of the text of a Date, without its zone, by the JSON text of its kind. */
function kindNode(text, kind) {
  const isDay = $.slice(text, 11) === '00:00:00.000';
  if (kind === '"date"' && isDay) {
    return `{"$":"date","v":"${$.slice(text, 0, 10)}"}`;
  }
  if (kind === '"naive"') {
    return `{"$":"datetime","v":"${text}"}`;
  }
  const zone = kind === undefined || kind === '"date"' ? '' : `,"as":${kind}`;
  return `{"$":"datetime","v":"${text}+00:00"${zone}}`;
}

/**
 * The node of a Date: what it was in Python, unless the program changed it.
 *
 * `kind` is the JSON text of what its instants are in Python, if its place tells that.
 */
function dateNode(date, kind = kindOfDate(date)) {
  const time = $.dateTime(date);
  const origin = originOf(date);
  if (origin !== undefined && origin.time === time) {
    return origin.node;
  }
  if (time !== time) {
    throw new Refusal('Date', 'is an invalid date', 'send null, or a valid one');
  }
  const text = $.dateText(date);
  if (text.length !== 24 || time < FIRST_YEAR) {
    throw new Refusal('Date', 'lies outside of the years 1 to 9999', 'send it as text');
  }
  return kindNode($.slice(text, 0, 23), kind);
}

module.exports = {
  __proto__: null,
  END_YEAR,
  FIRST_YEAR,
  dateNode,
  floatNode,
  integerNode,
  numberNode,
  textNode,
};
