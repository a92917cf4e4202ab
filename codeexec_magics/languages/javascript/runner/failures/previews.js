/**
 * A short text of any value, made without running any of the program's code.
 *
 * Lives in the worker; shows what is beside a failing line, also while the program is paused there.
 * No getter, no trap and no method of the program is called, and of a large value only the
 * beginning is read.
 */
'use strict';

const util = require('node:util');
const $ = require('../primordials.js');
const { frameOf, wholeOf } = require('../frames/array_methods.js');
const { attempt } = require('../refusal.js');

const { inspect, types } = util;

const LONGEST = 120;
const MOST_ITEMS = 8;
const MOST_LEVELS = 3;
/** Text of a number with more digits would take its time. */
const LARGE = 1n << 400n;
const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;
const PLAIN = { __proto__: null, customInspect: false, breakLength: Infinity };

const patternText = ownGetterOf(RegExp.prototype, 'source');
const mapSize = ownGetterOf(Map.prototype, 'size');
const setSize = ownGetterOf(Set.prototype, 'size');

function ownGetterOf(prototype, name) {
  return $.uncurryThis(Object.getOwnPropertyDescriptor(prototype, name).get);
}

/** An own property's value; undefined for what is none, and for getters. */
const ownData = (object, key) => $.getOwnPropertyDescriptor(object, key)?.value;

/** The name of an object's class, '' for plain objects and where it cannot be told. */
function classOf(object) {
  const prototype = $.getPrototypeOf(object);
  if (prototype === null || prototype === $.ObjectPrototype || types.isProxy(prototype)) {
    return '';
  }
  const made = ownData(prototype, 'constructor');
  const name = typeof made === 'function' && !types.isProxy(made) ? ownData(made, 'name') : '';
  return typeof name === 'string' ? $.slice(name, 0, LONGEST) : '';
}

/** The texts of one value, up to where they are cut. */
class Writer {
  text = '';

  get isFull() {
    return this.text.length > LONGEST;
  }

  write(value, depth) {
    if (typeof value === 'string') {
      this.text += inspect($.slice(value, 0, LONGEST + 1), PLAIN);
    } else if (typeof value === 'bigint' && (value > LARGE || value < -LARGE)) {
      this.text += 'a very large BigInt';
    } else if (typeof value === 'function') {
      this.text += '[Function]';
    } else if (typeof value !== 'object' || value === null) {
      this.text += inspect(value, PLAIN);
    } else {
      this.#writeObject(value, depth);
    }
  }

  #writeObject(object, depth) {
    const frame = frameOf(object);
    if (frame !== undefined && frame !== null) {
      this.#writeFrame(frame, depth);
    } else if (types.isProxy(object)) {
      this.text += 'Proxy';
    } else if ($.isArray(object)) {
      const item = (index) => ownData(object, index);
      this.#writeItems('', object.length, item, depth);
    } else if (types.isTypedArray(object)) {
      const name = $.typedTag(object);
      const length = $.typedLength(object);
      this.#writeItems(`${name}(${length}) `, length, (index) => object[index], depth);
    } else if (!this.#writeBuiltIn(object, depth)) {
      this.#writeFields(object, depth);
    }
  }

  /** Objects whose content is not in properties; returns false for all others. */
  #writeBuiltIn(object, depth) {
    if (types.isDate(object)) {
      this.text += attempt(() => $.dateText(object), 'Invalid Date');
    } else if (types.isNativeError(object)) {
      const message = ownData(object, 'message');
      const name = classOf(object) || 'Error';
      this.text += `[${name}: ${typeof message === 'string' ? $.slice(message, 0, LONGEST) : ''}]`;
    } else if (types.isMap(object)) {
      this.#writeMembers(`Map(${mapSize(object)}) `, $.forEachInMap, object, depth);
    } else if (types.isSet(object)) {
      this.#writeMembers(`Set(${setSize(object)}) `, $.forEachInSet, object, depth);
    } else if (types.isRegExp(object)) {
      this.text += `/${$.slice(patternText(object), 0, LONGEST)}/`;
    } else if (types.isAnyArrayBuffer(object) || types.isPromise(object)) {
      this.text += classOf(object) || 'Object';
    } else {
      return false;
    }
    return true;
  }

  /** A table's rows; those that nobody has asked for are made for this time only. */
  #writeFrame(frame, depth) {
    const { target } = frame;
    const item = (index) =>
      $.hasOwn(target, index) || frame.isFilled ? ownData(target, index) : frame.row(index);
    this.#writeItems(`Array(${target.length}) `, target.length, item, depth);
  }

  #writeItems(head, length, item, depth) {
    this.text += length > MOST_ITEMS && head === '' ? `Array(${length}) [` : `${head}[`;
    for (let index = 0; index < length && !this.isFull; index += 1) {
      if (index === MOST_ITEMS || depth === MOST_LEVELS) {
        this.text += index === 0 ? '…' : ', …';
        break;
      }
      this.text += index === 0 ? '' : ', ';
      this.write(
        attempt(() => item(index), undefined),
        depth + 1,
      );
    }
    this.text += ']';
  }

  #writeMembers(head, forEach, members, depth) {
    const enough = { __proto__: null };
    let count = 0;
    this.text += `${head}{`;
    const write = (value, key) => {
      if (count === MOST_ITEMS || depth === MOST_LEVELS || this.isFull) {
        this.text += count === 0 ? '…' : ', …';
        throw enough;
      }
      this.text += count === 0 ? '' : ', ';
      count += 1;
      if (forEach === $.forEachInMap) {
        this.write(key, depth + 1);
        this.text += ' => ';
      }
      this.write(value, depth + 1);
    };
    try {
      forEach(members, write);
    } catch (error) {
      if (error !== enough) {
        throw error;
      }
    }
    this.text += '}';
  }

  #writeFields(object, depth) {
    const name = classOf(object);
    this.text += name === '' ? '{' : `${name} {`;
    const keys = $.objectKeys(object);
    for (let index = 0; index < keys.length && !this.isFull; index += 1) {
      if (index === MOST_ITEMS || depth === MOST_LEVELS) {
        this.text += index === 0 ? '…' : ', …';
        break;
      }
      const key = $.slice(keys[index], 0, LONGEST);
      const property = $.getOwnPropertyDescriptor(object, keys[index]);
      this.text += index === 0 ? '' : ', ';
      this.text += $.execute(IDENTIFIER, key) === null ? inspect(key, PLAIN) : key;
      this.text += ': ';
      if (property?.get === undefined) {
        this.write(property?.value, depth + 1);
      } else {
        this.text += '[Getter]';
      }
    }
    this.text += '}';
  }
}

/** A value's text, at most 120 characters long; never throws. */
function briefOf(value) {
  const writer = new Writer();
  attempt(() => writer.write(wholeOf(value), 0), undefined);
  const { text } = writer;
  return $.toWellFormed(text.length > LONGEST ? `${$.slice(text, 0, LONGEST - 1)}…` : text);
}

module.exports = { __proto__: null, briefOf, ownData };
