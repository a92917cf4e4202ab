/**
 * What the kernel's frames knew of their columns, for what the program makes of them.
 *
 * Lives in the worker. A number is a number and a Date a Date in JavaScript; what a column was (of
 * floats, of naive instants, of days) is told again of rows whose keys are its frame's names, and
 * of Dates that are the frame's own. Owns the list of the frames that came as inputs, and the
 * memory of which empty Array came from which frame.
 */
'use strict';

const $ = require('../primordials.js');

/** Frames: `{names, columns}`, the columns by their name. */
const frames = $.bareList();

/** Lists of Dates that came together: `{items, as}`, the items a function. */
const dateLists = $.bareList();

const empties = new WeakMap();

function register(names, columns) {
  const byName = { __proto__: null };
  for (let at = 0; at < names.length; at += 1) {
    byName[names[at]] = columns[at];
  }
  frames[frames.length] = { __proto__: null, names, byName };
}

/**
 * Remember by its JSON text which kind of instants Dates are; `items()` gives them, or null as long
 * as none is made.
 */
function registerDates(items, as) {
  if (as !== undefined) {
    dateLists[dateLists.length] = { __proto__: null, items, as };
  }
}

const areKnown = () => frames.length > 0;

/** How many of the keys are names of a frame's columns. */
function shared({ byName }, keys) {
  let count = 0;
  for (let at = 0; at < keys.length; at += 1) {
    count += byName[keys[at]] === undefined ? 0 : 1;
  }
  return count;
}

/**
 * For each key the column of that name, or null; null if there is none at all.
 *
 * Of several frames the one with most of the keys counts first.
 */
function modelsOf(keys) {
  let best = null;
  let most = 0;
  for (let at = 0; at < frames.length; at += 1) {
    const count = shared(frames[at], keys);
    if (count > most) {
      best = frames[at];
      most = count;
    }
  }
  if (best === null) {
    return null;
  }
  const models = $.bareList();
  for (let at = 0; at < keys.length; at += 1) {
    models[at] = best.byName[keys[at]] ?? null;
    for (let other = 0; models[at] === null && other < frames.length; other += 1) {
      models[at] = frames[other].byName[keys[at]] ?? null;
    }
  }
  return models;
}

/** The same for an object by itself, which is a row if it has all names of a frame. */
function modelsOfRow(keys) {
  for (let at = 0; at < frames.length; at += 1) {
    const { names } = frames[at];
    if (names.length > 0 && shared(frames[at], keys) === names.length) {
      return modelsOf(keys);
    }
  }
  return null;
}

/** Date → the text of its kind; made again when more Dates have been made. */
let kinds = null;
let counted = -1;
let list = null;
let place = 0;

function kindsOfDates() {
  let made = 0;
  for (let at = 0; at < dateLists.length; at += 1) {
    made += dateLists[at].items() === null ? 0 : 1;
  }
  if (kinds === null || made !== counted) {
    counted = made;
    kinds = new $.MapClass();
    for (let at = 0; at < dateLists.length; at += 1) {
      const items = dateLists[at].items() ?? $.bareList();
      for (let index = 0; index < items.length; index += 1) {
        if (items[index] !== null) {
          $.mapSet(kinds, items[index], dateLists[at].as);
        }
      }
    }
  }
  return kinds;
}

/** The list in which a Date stands at an index; null if it is none. */
function listWith(date, index) {
  for (let at = 0; at < dateLists.length; at += 1) {
    if (dateLists[at].items()?.[index] === date) {
      return dateLists[at];
    }
  }
  return null;
}

/** The JSON text of what a frame's Date was, or undefined: Dates mostly come in their order. */
function kindOfDate(date) {
  if (dateLists.length === 0) {
    return undefined;
  }
  if (list !== null && list.items()[place + 1] === date) {
    place += 1;
    return list.as;
  }
  list = listWith(date, 0);
  place = 0;
  return list === null ? $.mapGet(kindsOfDates(), date) : list.as;
}

/** Remember that an Array that is empty has rows with these names. */
function rememberEmpty(array, names) {
  $.weakSet(empties, array, names);
  return array;
}

/** The names of the rows that an empty Array does not have, or undefined. */
const namesOfEmpty = (array) => $.weakGet(empties, array);

module.exports = {
  __proto__: null,
  areKnown,
  kindOfDate,
  modelsOf,
  modelsOfRow,
  namesOfEmpty,
  register,
  registerDates,
  rememberEmpty,
};
