/**
 * The methods of an Array on a frame's, without making rows that nobody needs.
 *
 * Lives in the worker; used by the frame's Proxy, while the program runs.
 */
'use strict';

const $ = require('./primordials.js');
const { keeps } = require('./escapes.js');

/** Proxy → the frame behind it. */
const frames = new WeakMap();

/** Call `act` with each row: the one that the program has, or one for this time only. */
function pass(frame, act) {
  const { target } = frame;
  const { length } = target;
  for (let index = 0; index < length; index += 1) {
    if ($.hasOwn(target, index)) {
      act(target[index], index);
    } else if (!frame.isFilled) {
      act(frame.row(index), index);
    }
  }
}

function map(frame, [callback, self]) {
  const made = new Array(frame.target.length);
  pass(frame, (row, index) => {
    made[index] = $.call(callback, self, row, index, frame.proxy);
  });
  return made;
}

function forEach(frame, [callback, self]) {
  pass(frame, (row, index) => {
    $.call(callback, self, row, index, frame.proxy);
  });
}

function filter(frame, [callback, self]) {
  const kept = [];
  pass(frame, (row, index) => {
    if ($.call(callback, self, row, index, frame.proxy)) {
      // From now on the program has it.
      frame.target[index] = row;
      kept[kept.length] = row;
    }
  });
  return kept;
}

function reduce(frame, [callback, first]) {
  let result = first;
  pass(frame, (row, index) => {
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
const WHOLE = ['flatMap', 'join', 'reduceRight', 'reverse', 'sort', 'toReversed', 'toSorted'];
const replacements = new Map();

function replace(original, act) {
  replacements.set(original, function method(...args) {
    const frame = $.weakGet(frames, this);
    return frame === undefined ? $.apply(original, this, args) : act(frame, args);
  });
}

for (const [original, { passing, position, least }] of PASSING) {
  replace(original, (frame, args) => {
    const isPassing =
      !frame.isFilled &&
      args.length >= least &&
      typeof args[0] === 'function' &&
      !keeps(args[0], position);
    return isPassing ? passing(frame, args) : $.apply(original, frame.fill(), args);
  });
}
for (const name of WHOLE) {
  const original = $.ArrayPrototype[name];
  if (original !== undefined) {
    replace(original, (frame, args) => {
      const result = $.apply(original, frame.fill(), args);
      return result === frame.target ? frame.proxy : result;
    });
  }
}
replace($.ArrayPrototype.values, (frame) => iterate(frame));

/** What a method of an Array is on a frame's Array. */
const methodFor = (method) => $.mapGet(replacements, method) ?? method;

/** The frame that a value is, or undefined. */
const frameOf = (value) => $.weakGet(frames, value);

module.exports = { __proto__: null, frameOf, frames, methodFor };
