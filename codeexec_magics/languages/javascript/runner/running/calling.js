/**
 * Calls a program's function in the way that its parameters ask for.
 *
 * Lives in the worker. A parameter that bears the name of an input gets that input, as in Python;
 * a function none of whose parameters does gets all of them.
 */
'use strict';

const $ = require('../primordials.js');
const parser = require('../source/parser.js');

/** Heads of functions whose parameters are names and nothing else. */
const LIST =
  /^(?:async\b\s*)?(?:function\b\s*\*?\s*[^\s(]*\s*|[^\s(=]+(?=\())?\(\s*([\p{ID_Continue}$,\s]*)\)/u;
const SINGLE = /^(?:async\s+)?([\p{ID_Start}$_][\p{ID_Continue}$]*)\s*=>/u;
const NAME = /[\p{ID_Start}$_][\p{ID_Continue}$]*/uy;
const BETWEEN = /[\s,]*/uy;
const LONGEST_TEXT = 20_000;
const ITEM = 'item';
const INPUTS = 'inputs';

function namesIn(text) {
  const names = $.bareList();
  let at = 0;
  while (at < text.length) {
    BETWEEN.lastIndex = at;
    NAME.lastIndex = at + $.execute(BETWEEN, text)[0].length;
    const found = $.execute(NAME, text);
    if (found === null) {
      break;
    }
    names[names.length] = found[0];
    at = NAME.lastIndex;
  }
  return names;
}

/** The same of parameters that have defaults, or are taken apart: these have no name. */
function parsedNames(text) {
  const names = $.bareList();
  const { expression } = parser.parse(`(${text})`, 'script').body[0].expression;
  for (const part of expression.params) {
    if (part.type === 'RestElement') {
      break; // What is left for it is nothing.
    }
    const target = part.type === 'AssignmentPattern' ? part.left : part;
    names[names.length] = target.type === 'Identifier' ? target.name : '';
  }
  return names;
}

/** The names of a function's parameters; none where they cannot be told. */
function parameterNames(transform) {
  try {
    const text = $.functionText(transform);
    const found = $.execute(SINGLE, text) ?? $.execute(LIST, text);
    if (found !== null) {
      return namesIn(found[1]);
    }
    return text.length > LONGEST_TEXT || !parser.isAvailable() ? $.bareList() : parsedNames(text);
  } catch {
    return $.bareList(); // A method, a native function, or the program broke what this uses.
  }
}

/** What the names stand for, and whether any of them is an input's. */
function bound(names, inputs) {
  const values = $.bareList();
  let isByName = false;
  for (let at = 0; at < names.length; at += 1) {
    const isInput = $.hasOwn(inputs, names[at]);
    isByName ||= isInput;
    values[at] = isInput ? inputs[names[at]] : names[at] === INPUTS ? inputs : undefined;
  }
  return { __proto__: null, isByName, values };
}

/** Call a function with the inputs. */
function call(transform, inputs) {
  const names = $.objectKeys(inputs).length === 0 ? $.bareList() : parameterNames(transform);
  const { isByName, values } = bound(names, inputs);
  return isByName && names[0] !== INPUTS && names[0] !== ''
    ? $.apply(transform, undefined, values)
    : transform(inputs);
}

/**
 * A function of one item: the item goes to the parameter `item`, else to the first that is no
 * input. Where no parameter is an input's, the function is called with the item and all inputs.
 */
function ofItem(transform, inputs) {
  const names = $.objectKeys(inputs).length === 0 ? $.bareList() : parameterNames(transform);
  const { isByName, values } = bound(names, inputs);
  let place = -1;
  for (let at = names.length - 1; at >= 0; at -= 1) {
    const isFree = !$.hasOwn(inputs, names[at]) && names[at] !== INPUTS;
    const isNamed = place >= 0 && names[place] === ITEM;
    place = names[at] === ITEM || (isFree && !isNamed) ? at : place;
  }
  if (place < 0 || !(isByName || place > 0)) {
    return (item) => transform(item, inputs);
  }
  return (item) => {
    values[place] = item;
    return $.apply(transform, undefined, values);
  };
}

module.exports = { __proto__: null, call, ofItem };
