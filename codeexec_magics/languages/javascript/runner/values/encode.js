/**
 * JavaScript values → the JSON text of their nodes.
 *
 * Lives in the worker and works after the program: it trusts nothing that the program can
 * redefine, and whatever a getter, a proxy or `toJSON` throws becomes a `Refusal` with a path.
 */
'use strict';

const { types } = require('node:util');
const $ = require('../primordials.js');
const { appendOutput } = require('../wire/arena.js');
const binary = require('./binary.js');
const bulk = require('./bulk.js');
const bulkRows = require('./bulk_rows.js');
const { isSame } = require('./equality.js');
const { keyText } = require('./hashable_keys.js');
const { originOf } = require('./provenance.js');
const { isPlain, keysInOrder, refuse } = require('./objects.js');
const { Refusal, className, step, typeName } = require('../refusal.js');
const { dateNode, floatNode, integerNode, numberNode, textNode } = require('./scalars.js');
const schemas = require('../frames/schemas.js');
const { frameOf } = require('../frames/tables.js');
const tagged = require('./tagged.js');

const { isAnyArrayBuffer, isDate, isMap, isProxy, isSet } = types;

const DEEPEST = 200;
const LARGEST_INLINE = 65536;

class Writer {
  #open = new $.SetClass();

  #depth = 0;

  #buffers = '';

  /** Whether objects at this place are rows, as far as their keys say so. */
  #inRows = false;

  /** Whether large Arrays are tried as a whole first; not again after one that cannot travel. */
  #tries = true;

  #count = 0;

  /** `,"buffers":[…]` of all buffers that were written, or nothing. */
  get buffers() {
    return this.#count === 0 ? '' : `,"buffers":[${this.#buffers}]`;
  }

  /** Put bytes into the arena; returns the index of the buffer. */
  addBuffer(bytes) {
    const offset = appendOutput(bytes);
    this.#buffers += `${this.#count === 0 ? '' : ','}[${offset},${$.typedBytes(bytes)}]`;
    this.#count += 1;
    return this.#count - 1;
  }

  /** The JSON text of a value's node; `model` is the column that tells what it was, or null. */
  node(value, model = null) {
    switch (typeof value) {
      case 'string':
        return textNode(value);
      case 'number':
        return model?.isFloat ? floatNode(value) : numberNode(value);
      case 'boolean':
        return value ? 'true' : 'false';
      case 'undefined':
        return 'null';
      case 'bigint':
        return integerNode(value);
      case 'object':
        return value === null ? 'null' : this.#object(value, model);
      default:
        return refuse(value);
    }
  }

  #object(value, model) {
    const remembered = tagged.nodeText(value);
    if (remembered !== undefined) {
      return remembered;
    }
    if (isDate(value)) {
      return dateNode(value, model?.as);
    }
    const origin = originOf(value);
    if (origin?.kept !== undefined && isSame(value, origin.again())) {
      return `{"$":"kept","kept":${origin.kept}}`;
    }
    if ($.isView(value) || isAnyArrayBuffer(value)) {
      return binary.node(value, this);
    }
    const frame = frameOf(value);
    return frame === undefined
      ? this.#container(value)
      : (frame.node(this) ?? this.#container(frame.fill()));
  }

  #container(value) {
    if ($.setHas(this.#open, value)) {
      throw new Refusal(typeName(value), 'contains itself', 'break the cycle');
    }
    if (this.#depth >= DEEPEST) {
      throw new Refusal(typeName(value), `is nested deeper than ${DEEPEST} levels`, 'flatten it');
    }
    $.setAdd(this.#open, value);
    this.#depth += 1;
    try {
      return this.#contents(value);
    } finally {
      this.#depth -= 1;
      $.setDelete(this.#open, value);
    }
  }

  #contents(value) {
    if ($.isArray(value)) {
      return this.#array(value);
    }
    if (isMap(value)) {
      return this.#map(value);
    }
    if (isSet(value)) {
      return this.#set(value);
    }
    const prototype = $.getPrototypeOf(value);
    const plain = isPlain(value, prototype);
    // Something that the program put on Object.prototype is not the object's own wish.
    const toJSON = plain && !$.hasOwn(value, 'toJSON') ? undefined : value.toJSON;
    if (typeof toJSON === 'function') {
      return this.node($.apply(toJSON, value, ['']));
    }
    if (plain) {
      return this.#entries(value);
    }
    return require('./arrow_tables.js').node(value, this) ?? refuse(value);
  }

  #array(value) {
    const origin = originOf(value);
    const packed = origin?.dtype === undefined ? null : binary.arrayNode(value, origin, this);
    if (packed !== null) {
      return packed;
    }
    const ownClass = isProxy(value) || $.getPrototypeOf(value) === $.ArrayPrototype;
    if (!ownClass && className(value) !== 'Array') {
      return typeof value.toJSON === 'function'
        ? this.node($.apply(value.toJSON, value, ['']))
        : refuse(value);
    }
    if (origin?.kind === 'tuple') {
      return `{"$":"tuple","v":${this.#items(value)}}`;
    }
    return this.#bulk(value) ?? this.#items(value, origin);
  }

  /** The node of a large Array of one kind of thing; null if it is none. */
  #bulk(value) {
    const isEmpty = value.length === 0 && schemas.namesOfEmpty(value) !== undefined;
    const isLarge = value.length >= bulk.LARGE;
    const mayBeRows = schemas.areKnown() && value.length > 0;
    if (!this.#tries || isProxy(value) || !(isLarge || mayBeRows || isEmpty)) {
      return null;
    }
    try {
      return bulkRows.node(value, this);
    } catch {
      // The general way finds it again, and tells where it is.
      this.#tries = false;
      return null;
    }
  }

  /** The node of a column of rows, whose items are of any kind. */
  column(items, count, model) {
    this.#depth += 1;
    try {
      let text = '';
      for (let index = 0; index < count; index += 1) {
        text += (index === 0 ? '' : ',') + this.node(items[index], model);
      }
      return `[${text}]`;
    } finally {
      this.#depth -= 1;
    }
  }

  /** The node of a column that a frame is given; `model` is the column that it replaces, or null. */
  columnNode(values, model) {
    if (!$.isArray(values) || originOf(values)?.dtype !== undefined) {
      return this.node(values);
    }
    return bulk.columnNode(values, values.length, this, model);
  }

  #items(value, origin) {
    const model = origin?.as === undefined ? null : origin;
    let text = '';
    let index = 0;
    const isOuter = this.#inRows;
    this.#inRows = schemas.areKnown();
    try {
      const { length } = value;
      for (; index < length; index += 1) {
        text += (index === 0 ? '' : ',') + this.node(value[index], model);
      }
    } catch (error) {
      throw Refusal.within(error, step.index(index));
    } finally {
      this.#inRows = isOuter;
    }
    return `[${text}]`;
  }

  /** The columns that say what an object's values were, or null. */
  #models(keys) {
    if (!schemas.areKnown()) {
      return null;
    }
    return this.#inRows ? schemas.modelsOf(keys) : schemas.modelsOfRow(keys);
  }

  #entries(value) {
    const keys = keysInOrder(value);
    this.#refuseSymbols(value, keys);
    let fields = '';
    let pairs = '';
    let tagFree = true;
    let index = 0;
    const models = this.#models(keys);
    const isOuter = this.#inRows;
    this.#inRows = false;
    try {
      for (; index < keys.length; index += 1) {
        const key = keys[index];
        const name = textNode(key);
        const node = this.node(value[key], models === null ? null : models[index]);
        const comma = index === 0 ? '' : ',';
        tagFree &&= key !== '$' && name[0] === '"';
        fields += `${comma}${name}:${node}`;
        pairs += `${comma}[${name},${node}]`;
      }
    } catch (error) {
      throw Refusal.within(error, step.key(keys[index]));
    } finally {
      this.#inRows = isOuter;
    }
    return tagFree ? `{${fields}}` : `{"$":"dict","v":[${pairs}]}`;
  }

  #refuseSymbols(value, keys) {
    const all = $.ownKeys(value);
    for (let index = keys.length; index < all.length; index += 1) {
      const key = all[index];
      if (typeof key === 'symbol' && $.propertyIsEnumerable(value, key)) {
        throw new Refusal(typeName(value), 'has a key that is a symbol', 'give it a name');
      }
    }
  }

  #map(value) {
    const seen = new $.SetClass();
    let text = '';
    $.forEachInMap(value, (item, key) => {
      try {
        const pair = `[${keyText(key, seen, this)},${this.node(item)}]`;
        text += (text === '' ? '' : ',') + pair;
      } catch (error) {
        throw Refusal.within(error, step.entry(key));
      }
    });
    return `{"$":"dict","v":[${text}]}`;
  }

  #set(value) {
    const kind = originOf(value)?.kind === 'frozenset' ? 'frozenset' : 'set';
    const seen = new $.SetClass();
    let text = '';
    let index = 0;
    $.forEachInSet(value, (item) => {
      try {
        text += (index === 0 ? '' : ',') + keyText(item, seen, this);
      } catch (error) {
        throw Refusal.within(error, step.member(index));
      }
      index += 1;
    });
    return `{"$":"${kind}","v":[${text}]}`;
  }
}

/**
 * The JSON text of a value's descriptor.
 *
 * Throws a `Refusal`, and nothing else.
 */
function encode(value) {
  try {
    const writer = new Writer();
    const node = writer.node(value);
    if (node.length <= LARGEST_INLINE) {
      return `{"codec":"tree","inline":${node}${writer.buffers}}`;
    }
    const bytes = $.utf8(node);
    const offset = appendOutput(bytes);
    return `{"codec":"tree","offset":${offset},"length":${$.typedBytes(bytes)}${writer.buffers}}`;
  } catch (error) {
    throw Refusal.within(error, '');
  }
}

module.exports = { __proto__: null, encode };
