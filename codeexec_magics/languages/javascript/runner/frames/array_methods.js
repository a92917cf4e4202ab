/**
 * The methods of an Array on a frame's, without making rows that nobody needs.
 *
 * Lives in the worker; used by the frame's Proxy, while the program runs.
 */
'use strict';

const $ = require('../primordials.js');
const { namesMadeBy, readsOf } = require('./row_usage.js');
const { rememberEmpty } = require('./schemas.js');

/** Proxy → the frame behind it. */
const frames = new WeakMap();

/** The row of the moment: `{frame, row, index, outer}`, the outer one of a pass around this. */
let current = null;

/**
 * Call `act` with each row, its index, and whether it is the one that the program has; else it is
 * one for this time only, which holds what is going to be read.
 */
function pass(frame, reads, act) {
  const { target } = frame;
  const rowAt = frame.isFilled ? null : frame.passingRows(reads);
  const { length } = target;
  const moment = { __proto__: null, frame, row: null, index: 0, outer: current };
  current = moment;
  try {
    for (let index = 0; index < length; index += 1) {
      if ($.hasOwn(target, index)) {
        moment.row = null;
        act(target[index], index, true);
      } else if (!frame.isFilled) {
        moment.row = rowAt(index);
        moment.index = index;
        act(moment.row, index, false);
      }
    }
  } finally {
    current = moment.outer;
  }
}

/** The whole row that a row of the moment is a part of; anything else as it is. */
function wholeOf(value) {
  for (let moment = current; moment !== null; moment = moment.outer) {
    if (moment.row === value) {
      return moment.frame.row(moment.index);
    }
  }
  return value;
}

/**
 * Give a frame the rows of the moment that are its own, before it makes others in their places: the
 * program has got hold of the Array itself, and may change such a row there.
 */
function adoptRows(frame) {
  for (let moment = current; moment !== null; moment = moment.outer) {
    const { index, row } = moment;
    if (moment.frame === frame && row !== null && !$.hasOwn(frame.target, index)) {
      moment.row = null;
      frame.adopt(row, index);
    }
  }
}

function map(frame, reads, [callback, self]) {
  const made = new Array(frame.target.length);
  pass(frame, reads, (row, index) => {
    made[index] = $.call(callback, self, row, index, frame.proxy);
  });
  return made;
}

function forEach(frame, reads, [callback, self]) {
  pass(frame, reads, (row, index) => {
    $.call(callback, self, row, index, frame.proxy);
  });
}

function filter(frame, reads, [callback, self]) {
  const kept = [];
  pass(frame, reads, (row, index, isKnown) => {
    if ($.call(callback, self, row, index, frame.proxy)) {
      kept[kept.length] = isKnown ? row : frame.keep(index);
    }
  });
  return kept;
}

function reduce(frame, reads, [callback, first]) {
  let result = first;
  pass(frame, reads, (row, index) => {
    result = $.call(callback, undefined, result, row, index, frame.proxy);
  });
  return result;
}

/** The rows one by one, made block by block. */
function* iterate(frame) {
  const { target } = frame;
  for (let index = 0; index < target.length; index += 1) {
    if (!frame.isFilled && !$.hasOwn(target, index)) {
      frame.fillAround(index);
    }
    yield target[index];
  }
}

/** Methods that can do with rows of the moment: where the row stands among the arguments. */
const PASSING = new Map([
  [$.ArrayPrototype.map, { passing: map, position: 0, least: 1 }],
  [$.ArrayPrototype.forEach, { passing: forEach, position: 0, least: 1 }],
  [$.ArrayPrototype.filter, { passing: filter, position: 0, least: 1 }],
  [$.ArrayPrototype.reduce, { passing: reduce, position: 1, least: 2 }],
]);
/** Methods that look at every row anyway, and are faster on the Array itself. */
const WHOLE = [
  ...['flatMap', 'join', 'reduceRight', 'reverse', 'sort', 'toReversed', 'toSorted'],
  ...['concat', 'slice', 'toSpliced'],
];
const replacements = new Map();

function replace(original, act) {
  replacements.set(original, function method(...args) {
    const frame = $.weakGet(frames, this);
    return frame === undefined ? $.apply(original, this, args) : act(frame, args);
  });
}

/** Methods whose result has rows of the Array that they are called on, as they are. */
const CHOOSING = ['concat', 'filter', 'slice', 'splice', 'toReversed', 'toSorted', 'toSpliced'];

/**
 * Have an Array of rows remember the names of its rows, should it be empty, or become so: what is
 * chosen from it goes on to do so.
 */
function following(result, names) {
  if (!$.isArray(result)) {
    return result;
  }
  if (result.length === 0) {
    rememberEmpty(result, names);
  }
  for (let at = 0; at < CHOOSING.length; at += 1) {
    const original = $.ArrayPrototype[CHOOSING[at]];
    if (original !== undefined) {
      define(result, CHOOSING[at], function chosen(...args) {
        return following($.apply(original, this, args), names);
      });
    }
  }
  define(result, 'map', function mapped(...args) {
    const made = $.apply($.ArrayPrototype.map, this, args);
    return made.length === 0 ? emptyOf(made, names, args[0]) : made;
  });
  return result;
}

function define(array, name, value) {
  const hidden = { __proto__: null, enumerable: false, writable: true, configurable: true };
  $.defineProperty(array, name, { ...hidden, value });
}

/** An empty Array of what a function makes of no row: rows, if its text says so. */
function emptyOf(made, names, callback) {
  const found =
    typeof callback === 'function' ? namesMadeBy($.functionText(callback), names) : null;
  return found === null ? made : following(made, found);
}

for (const [original, { passing, position, least }] of PASSING) {
  replace(original, (frame, args) => {
    const mayPass = !frame.isFilled && args.length >= least && typeof args[0] === 'function';
    const reads = mayPass ? readsOf(args[0], position) : null;
    const made =
      reads === null ? $.apply(original, frame.fill(), args) : passing(frame, reads, args);
    if (original === $.ArrayPrototype.filter) {
      return following(made, frame.names);
    }
    const isEmpty = original === $.ArrayPrototype.map && made.length === 0;
    return isEmpty ? emptyOf(made, frame.names, args[0]) : made;
  });
}
for (const name of WHOLE) {
  const original = $.ArrayPrototype[name];
  if (original !== undefined) {
    replace(original, (frame, args) => {
      const result = $.apply(original, frame.fill(), args);
      if (result === frame.target) {
        return frame.proxy;
      }
      return CHOOSING.includes(name) ? following(result, frame.names) : result;
    });
  }
}
replace($.ArrayPrototype.values, (frame) => iterate(frame));

/** What a method of an Array is on a frame's Array. */
const methodFor = (method) => $.mapGet(replacements, method) ?? method;

/** The frame that a value is, or undefined. */
const frameOf = (value) => $.weakGet(frames, value);

module.exports = { __proto__: null, adoptRows, frameOf, frames, methodFor, wholeOf };
