/**
 * A program with top-level await, import or export → an async function that can be called.
 *
 * Lives in the worker and works before the program runs. Only text that parsed by itself is
 * wrapped, so it cannot end the wrapper early. Lines stay where they are; columns that move are
 * written down as edits.
 */
'use strict';

const { Completion } = require('./completion.js');
const { Edits } = require('./edits.js');
const { ModuleSyntax } = require('./module_syntax.js');
const { parse } = require('./parser.js');

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;
const IMPORT_META = /\bimport\s*\.\s*meta\b/;

/** Parse a program with top-level await: as a script if it can be one, else as a module. */
function parseProgram(source) {
  let asScript;
  try {
    return parse(source, 'script');
  } catch (error) {
    asScript = error;
  }
  try {
    return parse(source, 'module');
  } catch (error) {
    throw /sourceType/.test(asScript.message) ? error : asScript;
  }
}

/** Whether a tree awaits outside of any function. */
function awaitsAtTop(node) {
  if (node === null || typeof node !== 'object') {
    return false;
  }
  if (Array.isArray(node)) {
    return node.some(awaitsAtTop);
  }
  if (node.type === 'AwaitExpression' || (node.type === 'ForOfStatement' && node.await)) {
    return true;
  }
  const isFunction = /Function/.test(node.type) || node.type === 'StaticBlock';
  return !isFunction && Object.keys(node).some((key) => key !== 'loc' && awaitsAtTop(node[key]));
}

/** Whether a source as a whole is an object literal, which a script would take for a block. */
function isObjectLiteral(source) {
  const text = `(${source}\n)`;
  try {
    const { body } = parse(text, 'script');
    const { type, expression } = body[0];
    return (
      body.length === 1 &&
      type === 'ExpressionStatement' &&
      expression.type === 'ParenthesizedExpression' &&
      expression.end === text.length &&
      expression.expression.type === 'ObjectExpression'
    );
  } catch {
    return false;
  }
}

/** A name that the source does not contain. */
function freshName(source) {
  let name = '_checked';
  while (source.includes(name)) {
    name += '_';
  }
  return name;
}

/** Replace `import.meta` by a variable wherever it stands. */
function replaceMeta(edits, node, variable) {
  if (node === null || typeof node !== 'object') {
    return;
  }
  if (node.type === 'MetaProperty' && node.meta.name === 'import') {
    edits.replace(node.start, node.end, variable);
    return;
  }
  for (const key of Object.keys(node)) {
    replaceMeta(edits, key === 'loc' ? null : node[key], variable);
  }
}

/** An expression of the first of some expressions that is a function, else undefined. */
const firstFunction = (expressions) =>
  `${expressions.map((text) => `typeof ${text} === "function" ? ${text} : `).join('')}undefined`;

/** Expressions that may be the function of a name, in the order in which they are looked at. */
function entriesOf(name, { exported, spaces }) {
  if (!IDENTIFIER.test(name)) {
    return [];
  }
  const members = spaces.map((space) => `${space}.${name}`);
  return [name, exported[name], ...members, exported.default].filter((text) => text !== undefined);
}

/** The text of a literal as an async function. */
function literalFunction(source, firstLine) {
  const edits = new Edits(source, firstLine);
  edits.insert(0, '(async () => {return [undefined, (');
  const { text, edits: done } = edits.apply();
  return { text: `${text}\n)]})`, edits: done };
}

/**
 * The text of an async function, and its edits.
 *
 * Its arguments are the checker of imports and what `import.meta` is. Called, it returns
 * `[entry function or undefined, completion value, readers]`, where `readers` is the text of an
 * array of functions that read the program's variables. Throws acorn's SyntaxError.
 */
function asyncFunctionOf({ source, firstLine }, entryName, readers = '[]') {
  if (isObjectLiteral(source)) {
    return literalFunction(source, firstLine);
  }
  const { body } = parseProgram(source);
  const name = freshName(source);
  const [check, meta, value] = [name, `${name}_meta`, `${name}_value`];
  const hashbang = source.startsWith('#!') ? 2 : 0;
  const edits = new Edits(source, firstLine);
  edits.replace(0, hashbang, `(async (${check}, ${meta}, ${value}) => {${hashbang ? '//' : ''}`);
  const modules = new ModuleSyntax(edits, { source, firstLine }, check);
  modules.program(body);
  new Completion(edits, source, value).program(body);
  if (IMPORT_META.test(source)) {
    replaceMeta(edits, body, meta);
  }
  const { text, edits: done } = edits.apply();
  const entry = firstFunction(entriesOf(entryName, modules));
  return { text: `${text}\n;return [${entry}, ${value}, ${readers}]})`, edits: done };
}

module.exports = {
  __proto__: null,
  asyncFunctionOf,
  awaitsAtTop,
  isObjectLiteral,
  parseProgram,
};
