/**
 * Which frame's rows an empty Array would have that a program has chosen from a copy of the frame.
 *
 * Lives in the worker and works after the program, for a value that is an empty Array. A copy
 * (`[...df]`, `Array.from(df)`) is an Array like any other, which remembers nothing: it is the
 * program's text that tells where its value comes from.
 */
'use strict';

const $ = require('../primordials.js');
const { frameOf } = require('./array_methods.js');
const { namesMadeBy } = require('./row_usage.js');
const { namesOfEmpty, rememberEmpty } = require('./schemas.js');
const parser = require('../source/parser.js');
const rewrite = require('../source/rewrite.js');

const COPIES = /\[\s*\.\.\.|\bArray\s*\.\s*from\b/;
const CHOOSING = /^(?:concat|filter|reverse|slice|sort|splice|toReversed|toSorted|toSpliced)$/;
const FUNCTION = /^(?:Arrow)?Function/;
const DEEPEST_CHOICE = 50;

/** Call a function with each node of a tree, but for those inside of one for which it gives true. */
function walk(node, visit) {
  if (node === null || typeof node !== 'object' || (node.type !== undefined && visit(node))) {
    return;
  }
  for (const key of Object.keys(node)) {
    walk(node[key], visit);
  }
}

/** The expressions that a function returns. */
function returnedBy({ body }) {
  const found = [];
  walk(body, (node) => {
    if (node.type === 'ReturnStatement') {
      found.push(node.argument);
    }
    return FUNCTION.test(node.type);
  });
  return body.type === 'BlockStatement' ? found : [body];
}

class Program {
  #tree;

  #source;

  #inputs;

  /** Variable → what it is declared as; null for one of several of that name. */
  #declared = new Map();

  constructor(source, inputs) {
    this.#source = source;
    this.#inputs = inputs;
    this.#tree = rewrite.parseProgram(source);
    walk(this.#tree, ({ type, id, init }) => {
      if (type === 'VariableDeclarator' && id.type === 'Identifier') {
        this.#declared.set(id.name, this.#declared.has(id.name) ? null : init);
      }
    });
  }

  /** The expressions, one of which is the program's value. */
  values(entry, outputs) {
    const found = [];
    walk(this.#tree, (node) => {
      if (FUNCTION.test(node.type) && node.id?.name === entry) {
        found.push(...returnedBy(node));
      }
      return false;
    });
    const assigned = this.#declared.get(entry);
    const last = this.#tree.body.at(-1);
    return [
      ...found,
      ...(FUNCTION.test(assigned?.type) ? returnedBy(assigned) : []),
      ...(last?.type === 'ExpressionStatement' ? [last.expression] : []),
      ...outputs.map((name) => this.#declared.get(name)),
    ];
  }

  /** The names of the rows that an expression chooses; undefined where the text does not tell. */
  namesOf(node, depth = 0) {
    if (depth > DEEPEST_CHOICE) {
      return undefined;
    }
    switch (node?.type) {
      case 'Identifier':
        return (
          this.#namesOfFrame(node.name) ?? this.namesOf(this.#declared.get(node.name), depth + 1)
        );
      case 'MemberExpression':
        return node.object.name === 'inputs' ? this.#namesOfFrame(node.property.name) : undefined;
      case 'ParenthesizedExpression':
        return this.namesOf(node.expression, depth + 1);
      case 'ArrayExpression':
        return node.elements.length === 1 ? this.namesOf(node.elements[0], depth + 1) : undefined;
      case 'AwaitExpression':
      case 'SpreadElement':
        return this.namesOf(node.argument, depth + 1);
      case 'CallExpression':
        return this.#namesOfCall(node, depth + 1);
      default:
        return undefined;
    }
  }

  #namesOfCall({ callee, arguments: given }, depth) {
    if (callee.type !== 'MemberExpression' || callee.computed) {
      return undefined;
    }
    const { name } = callee.property;
    if (name === 'from' && callee.object.name === 'Array' && given.length === 1) {
      return this.namesOf(given[0], depth);
    }
    const own =
      CHOOSING.test(name) || name === 'map' ? this.namesOf(callee.object, depth) : undefined;
    if (own === undefined || name !== 'map') {
      return own;
    }
    return namesMadeBy(this.#source.slice(given[0]?.start, given[0]?.end), own) ?? undefined;
  }

  #namesOfFrame(name) {
    return $.hasOwn(this.#inputs, name) ? frameOf(this.#inputs[name])?.names : undefined;
  }
}

/** Have an empty Array remember the names of its rows, if the program's text tells them. */
function remember(value, { source }, entry, outputs, inputs) {
  if (!COPIES.test(source) || namesOfEmpty(value) !== undefined || !parser.isAvailable()) {
    return;
  }
  try {
    const program = new Program(source, inputs);
    const found = program.values(entry, outputs).map((node) => program.namesOf(node));
    const names = found.filter((each) => each !== undefined);
    if (names.length > 0 && names.every((each) => each === names[0] || names.length === 1)) {
      rememberEmpty(value, names[0]);
    }
  } catch {
    // The program broke what this uses, or its text is none that is understood.
  }
}

module.exports = { __proto__: null, remember };
