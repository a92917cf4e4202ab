/**
 * The columns of a frame as the program has them: `df.columns`, an object that it may change.
 *
 * Lives in the worker. A column is made when it is read. What is assigned, added, deleted or
 * written into goes back with the frame, under its name.
 */
'use strict';

const $ = require('../primordials.js');
const { Refusal, step } = require('../refusal.js');
const { remember } = require('../values/provenance.js');

/** All values of a column, with what they were in Python. */
function wholeOf(column) {
  const values = column.whole();
  const { as, dtype } = column;
  if (dtype !== undefined) {
    const shape = $.bareList();
    shape[0] = column.length;
    return remember(values, { dtype, shape });
  }
  return as === undefined ? values : remember(values, { as });
}

class GivenColumns {
  object;

  /** The Array that has the object as a property, which the program may replace. */
  holder = null;

  #names;

  #columns;

  /** Name → place. */
  #places = { __proto__: null };

  /** The places of what was read or assigned. */
  #seen = new $.SetClass();

  constructor(names, columns) {
    this.#names = names;
    this.#columns = columns;
    this.object = { __proto__: null };
    for (let at = 0; at < names.length; at += 1) {
      this.#places[names[at]] = at;
      this.#define(at);
    }
  }

  #define(at) {
    const name = this.#names[at];
    const put = (value) => {
      const plain = { __proto__: null, value, enumerable: true, writable: true };
      $.defineProperty(this.object, name, { ...plain, configurable: true });
      $.setAdd(this.#seen, at);
      return value;
    };
    $.defineProperty(this.object, name, {
      __proto__: null,
      get: () => put(wholeOf(this.#columns[at])),
      set: put,
      enumerable: true,
      configurable: true,
    });
  }

  /**
   * What was changed, as `"names":[…],"columns":[…]`; null if nothing was.
   *
   * Refuses it if it may not go, and what is no column of `count` rows.
   */
  changes(writer, count, may) {
    const present = this.holder.columns;
    const names = this.#presentNames(present);
    let isChanged = names.length !== this.#names.length;
    let texts = '';
    let nodes = '';
    for (let index = 0; index < names.length; index += 1) {
      const name = names[index];
      const isOwn = this.#isOwn(present, name);
      isChanged ||= !isOwn || this.#names[index] !== name;
      if (isChanged && !may) {
        break;
      }
      const comma = index === 0 ? '' : ',';
      texts += `${comma}${$.jsonStringify(name)}`;
      nodes += `${comma}${isOwn ? 'null' : this.#node(present[name], name, count, writer)}`;
    }
    if (isChanged && !may) {
      const why = 'has changed columns, which its changed rows lack';
      throw new Refusal('Array', why, 'change one of them, or return its columns');
    }
    return isChanged ? `"names":[${texts}],"columns":[${nodes}]` : null;
  }

  /** The names that are there: the frame's in its order, then those that are new. */
  #presentNames(present) {
    if (typeof present !== 'object' || present === null) {
      throw new Refusal('Array', 'has lost its columns', 'assign an object of columns');
    }
    const keys = $.objectKeys(present);
    const names = $.bareList();
    for (let at = 0; at < this.#names.length; at += 1) {
      if ($.hasOwn(present, this.#names[at])) {
        names[names.length] = this.#names[at];
      }
    }
    for (let at = 0; at < keys.length; at += 1) {
      if (this.#places[keys[at]] === undefined) {
        names[names.length] = keys[at];
      }
    }
    return names;
  }

  /** Whether a column has the values that came. */
  #isOwn(present, name) {
    const at = this.#places[name];
    if (at === undefined) {
      return false;
    }
    if (present === this.object && !$.setHas(this.#seen, at)) {
      return true;
    }
    const values = present[name];
    const { isSame, length } = this.#columns[at];
    let same = values?.length === length;
    for (let index = 0; same && index < length; index += 1) {
      same = isSame(values[index], index);
    }
    return same;
  }

  #node(values, name, count, writer) {
    const where = step.key('columns') + step.key(name);
    try {
      const isTyped = $.isView(values) && $.typedTag(values) !== undefined;
      if (!isTyped && !$.isArray(values)) {
        throw new Refusal(typeof values, 'is no column', 'assign an Array or a typed array');
      }
      const length = isTyped ? $.typedLength(values) : values.length;
      if (length !== count) {
        const why = `has ${length} items, and the frame ${count} rows`;
        throw new Refusal('Array', why, 'give each row an item');
      }
      return writer.columnNode(values, this.#columns[this.#places[name]] ?? null);
    } catch (error) {
      throw Refusal.within(error, where);
    }
  }
}

module.exports = { __proto__: null, GivenColumns };
