/**
 * Whether a function may keep, or change, the object that it is given, and what it reads of it.
 *
 * Lives in the worker. Rows of a frame that nobody can see again need not be kept; and a function
 * that only reads `row.x`, spreads `{ ...row }` or takes its parameter apart shows the row to
 * nobody. Where the text of the function leaves a doubt the answer is that it may keep it.
 */
'use strict';

const $ = require('../primordials.js');
const parser = require('../source/parser.js');

const LONGEST_TEXT = 20_000;
const FUNCTIONS = {
  __proto__: null,
  ArrowFunctionExpression: true,
  FunctionExpression: true,
};
/** Nodes in which a mention of the row is a doubt, whatever it looks like. */
const DOUBTFUL = {
  __proto__: null,
  ArrowFunctionExpression: true,
  ClassDeclaration: true,
  ClassExpression: true,
  FunctionDeclaration: true,
  FunctionExpression: true,
  TaggedTemplateExpression: true,
  UpdateExpression: true,
  WithStatement: true,
};

function unwrap(node) {
  return node.type === 'ParenthesizedExpression' ? unwrap(node.expression) : node;
}

/** Whether any identifier of a tree has one of the names; keys and properties count as well. */
function mentions(node, names) {
  if (node === null || typeof node !== 'object') {
    return false;
  }
  if (node.type === 'Identifier') {
    return names.includes(node.name);
  }
  return Object.values(node).some((part) => mentions(part, names));
}

/** What a function reads of the row that its parameter names. */
class Reading {
  /** Names of properties, as keys. */
  names = { __proto__: null };

  /** Whether it may read any, besides. */
  readsAll = false;

  #name;

  constructor(name) {
    this.#name = name;
  }

  /** Note the properties that a pattern takes. */
  takeApart({ properties }) {
    for (const part of properties) {
      if (part.type === 'RestElement') {
        this.readsAll = true;
      } else {
        this.#add(part.key, part.computed);
      }
    }
  }

  /** Whether the row's name stands anywhere but where it is only read from. */
  leaks(node) {
    if (node === null || typeof node !== 'object') {
      return false;
    }
    if (Array.isArray(node)) {
      return node.some((part) => this.leaks(part));
    }
    switch (node.type) {
      case 'Identifier':
        return this.#isRow(node);
      case 'MemberExpression':
        if (!this.#isMember(node)) {
          return this.leaks(node.object) || (node.computed && this.leaks(node.property));
        }
        this.#add(node.property, node.computed);
        return node.computed && this.leaks(node.property);
      case 'CallExpression':
        return this.#isMember(unwrap(node.callee)) || this.leaks([node.callee, node.arguments]);
      case 'AssignmentExpression':
      case 'ForInStatement':
      case 'ForOfStatement':
        return this.#isMentioned(node.left) || this.leaks([node.right, node.body ?? null]);
      case 'UnaryExpression':
        return node.operator === 'delete'
          ? this.#isMentioned(node.argument)
          : this.leaks(node.argument);
      case 'ObjectExpression':
        return node.properties.some((part) => this.#leaksProperty(part));
      case 'VariableDeclarator':
        return this.#leaksDeclarator(node);
      default:
        return DOUBTFUL[node.type]
          ? this.#isMentioned(node)
          : Object.values(node).some((part) => this.leaks(part));
    }
  }

  #leaksProperty(part) {
    if (part.type !== 'SpreadElement') {
      return (part.computed && this.leaks(part.key)) || this.leaks(part.value);
    }
    if (!this.#isRow(unwrap(part.argument))) {
      return this.leaks(part.argument);
    }
    this.readsAll = true;
    return false;
  }

  #leaksDeclarator({ id, init }) {
    if (this.#isMentioned(id)) {
      return true;
    }
    if (id.type !== 'ObjectPattern' || !this.#isRow(init)) {
      return this.leaks(init);
    }
    this.takeApart(id);
    return false;
  }

  #add(key, isComputed) {
    if (key.type === 'Literal') {
      this.names[`${key.value}`] = true;
    } else if (isComputed || key.type !== 'Identifier') {
      this.readsAll = true;
    } else {
      this.names[key.name] = true;
    }
  }

  #isRow(node) {
    return node?.type === 'Identifier' && node.name === this.#name;
  }

  #isMember(node) {
    return node.type === 'MemberExpression' && this.#isRow(unwrap(node.object));
  }

  #isMentioned(node) {
    return mentions(node, [this.#name]);
  }
}

/** The reading of a function's text; null if it may keep or change the row. */
function readingOf(text, position) {
  const tree = parser.parse(`(${text})`, 'script');
  const node = unwrap(tree.body[0].expression);
  const isSimple = FUNCTIONS[node.type] && !node.async && !node.generator;
  if (!isSimple || mentions(node, ['eval', 'arguments'])) {
    return null;
  }
  if (node.params.some((part) => part.type === 'RestElement')) {
    return null;
  }
  const given = node.params[position];
  const reading = new Reading(given?.type === 'Identifier' ? given.name : null);
  if (given === undefined) {
    return reading;
  }
  if (given.type === 'ObjectPattern') {
    reading.takeApart(given);
    return reading;
  }
  const others = [...node.params.filter((part) => part !== given), node.body];
  return given.type !== 'Identifier' || reading.leaks(others) ? null : reading;
}

/**
 * What a function reads of its argument at a position: `{names, readsAll}`, the names as keys;
 * null if it may keep or change it.
 */
function readsOf(callback, position) {
  const text = $.functionText(callback);
  if (text.length > LONGEST_TEXT || !parser.isAvailable()) {
    return null;
  }
  try {
    return readingOf(text, position);
  } catch {
    return null;
  }
}

/** The names of the object that a function returns at once; null if its text does not tell. */
function namesOf(text, own) {
  const tree = parser.parse(`(${text})`, 'script');
  const { type, async, params, body } = unwrap(tree.body[0].expression);
  const parameter = params[0];
  if (type !== 'ArrowFunctionExpression' || async || body.type === 'BlockStatement') {
    return null;
  }
  const made = unwrap(body);
  const names = [];
  for (const part of made.type === 'ObjectExpression' ? made.properties : [null]) {
    if (part?.type === 'SpreadElement' && parameter?.type === 'Identifier') {
      if (part.argument.type !== 'Identifier' || part.argument.name !== parameter.name) {
        return null;
      }
      names.push(...own);
    } else if (part?.type === 'Property' && !part.computed) {
      names.push(part.key.type === 'Identifier' ? part.key.name : `${part.key.value}`);
    } else {
      return null;
    }
  }
  return [...new Set(names)];
}

/**
 * The names of the rows that a function would make of rows with the names `own`; null if its text
 * does not tell.
 */
function namesMadeBy(text, own) {
  if (text.length > LONGEST_TEXT || !parser.isAvailable()) {
    return null;
  }
  try {
    return namesOf(text, own);
  } catch {
    return null;
  }
}

module.exports = { __proto__: null, namesMadeBy, readsOf };
