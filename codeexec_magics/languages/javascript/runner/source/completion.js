/**
 * The completion value of a program that runs as a function: what a script's value would be.
 *
 * Lives in the worker and works before the program runs. Each expression that may be the last one
 * to be evaluated is assigned to a variable, wherever it stands: in a branch, a loop, a `catch`.
 * The rules are those of the language: `if`, loops, `switch`, `try` and `with` are `undefined`
 * where nothing inside them has a value, declarations and empty blocks leave what was there.
 */
'use strict';

/** Statements that have a value, if only `undefined`; the keys of their parts. */
const COMPOUND = {
  __proto__: null,
  DoWhileStatement: ['body'],
  ForInStatement: ['body'],
  ForOfStatement: ['body'],
  ForStatement: ['body'],
  IfStatement: ['consequent', 'alternate'],
  SwitchStatement: [],
  TryStatement: ['block'],
  WhileStatement: ['body'],
  WithStatement: ['body'],
};

/** The expression of a default export, which counts as a statement; else null. */
const defaultExpression = (node) =>
  node.type === 'ExportDefaultDeclaration' && !/Declaration$/.test(node.declaration.type)
    ? node.declaration
    : null;

/** Whether a statement surely has a value, so that those before it do not matter. */
function isCertain(node) {
  if (node.type === 'BlockStatement') {
    return node.body.some(isCertain);
  }
  if (node.type === 'LabeledStatement') {
    return node.body.type in COMPOUND;
  }
  const isExpression = node.type === 'ExpressionStatement' || defaultExpression(node) !== null;
  return isExpression || node.type in COMPOUND;
}

/** Writes the assignments to a variable into the edits of a program. */
class Completion {
  #edits;

  #source;

  #variable;

  constructor(edits, source, variable) {
    this.#edits = edits;
    this.#source = source;
    this.#variable = variable;
  }

  /** The statements of the top level. */
  program(statements) {
    const last = statements.findLastIndex(isCertain);
    this.#list(last < 0 ? statements : statements.slice(last));
  }

  #list(statements) {
    for (const node of statements) {
      this.#statement(node, true);
    }
  }

  /** One statement, which stands in a list or is the only one of another. */
  #statement(node, isListed) {
    if (node.type === 'ExpressionStatement') {
      this.#expression(node);
    } else if (defaultExpression(node) !== null) {
      this.#assign(node.declaration.start, node.end);
    } else if (node.type === 'BlockStatement') {
      this.#list(node.body);
    } else if (node.type === 'LabeledStatement' && !(node.body.type in COMPOUND)) {
      this.#statement(node.body, false);
    } else if (node.type === 'LabeledStatement' || node.type in COMPOUND) {
      this.#compound(node, isListed);
    }
  }

  #expression({ start, end, directive, expression }) {
    if (directive !== undefined) {
      this.#edits.insert(end, `;${this.#variable} = ${expression.raw};`);
      return;
    }
    this.#assign(start, end);
  }

  #assign(start, end) {
    this.#edits.insert(start, `${this.#variable} = (`);
    this.#edits.replace(this.#source[end - 1] === ';' ? end - 1 : end, end, ');');
  }

  #compound(node, isListed) {
    this.#edits.insert(node.start, `${isListed ? '' : '{'}${this.#reset()}`);
    this.#parts(node);
    if (!isListed) {
      this.#edits.insert(node.end, '}');
    }
  }

  #parts(node) {
    if (node.type === 'LabeledStatement') {
      this.#parts(node.body);
      return;
    }
    for (const key of COMPOUND[node.type]) {
      if (node[key]) {
        this.#statement(node[key], false);
      }
    }
    for (const part of node.cases ?? []) {
      this.#list(part.consequent);
    }
    if (node.handler) {
      this.#edits.insert(node.handler.body.start + 1, this.#reset());
      this.#list(node.handler.body.body);
    }
  }

  #reset() {
    return `${this.#variable} = void 0;`;
  }
}

module.exports = { __proto__: null, Completion };
