/**
 * A program with top-level await, import or export → an async function that can be called.
 *
 * Lives in the worker and works before the program runs. Only text that parsed by itself is
 * wrapped, so it cannot end the wrapper early. Lines stay where they are; columns that move are
 * written down as edits.
 */
'use strict';

const { parse } = require('./parser.js');

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

/** A program that parses, but says something that a cell cannot do; `node` is where. */
class Unwrappable extends Error {
  constructor(message, node) {
    super(message);
    this.node = node;
  }
}

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

const nameOf = (node) => (node.type === 'Literal' ? JSON.stringify(node.value) : node.name);

/** `with {type: "json"}` as the second argument of `import()`. */
function attributesText(attributes) {
  if (!attributes?.length) {
    return '';
  }
  const fields = attributes.map(({ key, value }) => `${nameOf(key)}: ${value.raw}`);
  return `, {with: {${fields.join(', ')}}}`;
}

/** A static import as a declaration that awaits; `check` names the function that checks names. */
function importText(node, check) {
  const loaded = `await import(${node.source.raw}${attributesText(node.attributes)})`;
  const named = node.specifiers.filter(({ type }) => type !== 'ImportNamespaceSpecifier');
  const space = node.specifiers.find(({ type }) => type === 'ImportNamespaceSpecifier');
  const imported = named.map((specifier) =>
    specifier.type === 'ImportDefaultSpecifier' ? 'default' : nameOf(specifier.imported),
  );
  const fields = named.map((specifier, at) => `${imported[at]}: ${specifier.local.name}`);
  const names = imported.map((name) => (name.startsWith('"') ? name : JSON.stringify(name)));
  const checked = (module) => `${check}(${module}, [${names.join(', ')}], ${node.source.raw})`;
  if (space !== undefined) {
    const rest = named.length ? `, {${fields.join(', ')}} = ${checked(space.local.name)}` : '';
    return `const ${space.local.name} = ${loaded}${rest};`;
  }
  return named.length ? `const {${fields.join(', ')}} = ${checked(loaded)};` : `${loaded};`;
}

/** The text with everything but line ends blanked. */
const blank = (text) => text.replace(/[^\n\r\u2028\u2029]/g, ' ');

/** What stands before an exported declaration or expression. */
function exportedStart(node) {
  const { declaration } = node;
  if (!declaration) {
    throw new Unwrappable(
      'a cell exports nothing; its result is the value of the last expression',
      node,
    );
  }
  const isAnonymous = /^(Function|Class)Declaration$/.test(declaration.type) && !declaration.id;
  if (isAnonymous) {
    throw new Unwrappable('give the exported function a name: function transform(inputs)', node);
  }
  return declaration.start;
}

/** A list of replacements `{start, end, text}`, applied and written down as edits. */
class Rewriting {
  #source;

  #text = '';

  #done = 0;

  edits = [];

  constructor(source, firstLine) {
    this.#source = source;
    this.firstLine = firstLine;
  }

  /** Replace a range, later in the source than those before; keeps the number of lines. */
  replace(start, end, text) {
    const removed = this.#source.slice(start, end);
    const lines = removed.split('\n');
    const [line, column] = this.#place(start);
    const kept = lines.length > 1 ? '\n'.repeat(lines.length - 1) : '';
    this.edits.push({ line, column, removed: lines[0].length, inserted: text.length });
    if (kept) {
      this.edits.push({
        line: line + lines.length - 1,
        column: 1,
        removed: lines.at(-1).length,
        inserted: 0,
      });
    }
    this.#text += this.#source.slice(this.#done, start) + text + kept;
    this.#done = end;
  }

  /** The whole text, with an end. */
  finish(end) {
    return this.#text + this.#source.slice(this.#done) + end;
  }

  #place(offset) {
    const before = this.#source.slice(0, offset);
    const lineStart = before.lastIndexOf('\n') + 1;
    return [this.firstLine + before.split('\n').length - 1, offset - lineStart + 1];
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

/** Replace one statement of the top level; the last one gives the value. */
function rewriteStatement(rewriting, node, { source, check, entry, isLast }) {
  if (node.type === 'ImportDeclaration') {
    rewriting.replace(node.start, node.end, importText(node, check));
    return false;
  }
  let { start } = node;
  const isExport = /^Export/.test(node.type);
  if (isExport) {
    start = exportedStart(node);
    rewriting.replace(
      node.start,
      start,
      blank(source.slice(node.start, start)).replace(/[\n\r]/g, ''),
    );
  }
  const statement = isExport ? node.declaration : node;
  const isValue =
    statement.type === 'ExpressionStatement' ||
    (node.type === 'ExportDefaultDeclaration' && !/Declaration$/.test(statement.type));
  if (!isLast || !isValue) {
    return false;
  }
  const end = source[node.end - 1] === ';' ? node.end - 1 : node.end;
  rewriting.replace(start, start, `return [${entry}, (`);
  rewriting.replace(end, end, ')];');
  return true;
}

/**
 * The text of an async function of one argument, the checker of imports, and its edits.
 *
 * Called, it returns `[entry function or undefined, value of the last expression]`. Throws
 * acorn's SyntaxError or `Unwrappable`.
 */
function asyncFunctionOf({ source, firstLine }, entryName) {
  const literal = isObjectLiteral(source);
  const tree = literal ? null : parseProgram(source);
  const check = freshName(source);
  const entry = IDENTIFIER.test(entryName)
    ? `typeof ${entryName} === "function" ? ${entryName} : undefined`
    : 'undefined';
  const rewriting = new Rewriting(source, firstLine);
  const hashbang = source.startsWith('#!') ? 2 : 0;
  const opening = `(async (${check}) => {${hashbang ? '//' : ''}`;
  if (literal) {
    rewriting.replace(0, 0, `${opening}return [undefined, (`);
    return { text: rewriting.finish('\n)]})'), edits: rewriting.edits };
  }
  rewriting.replace(0, hashbang, opening);
  let returns = false;
  tree.body.forEach((node, index) => {
    const isLast = index === tree.body.length - 1;
    returns = rewriteStatement(rewriting, node, { source, check, entry, isLast });
  });
  const ending = returns ? '\n})' : `\n;return [${entry}, undefined]})`;
  return { text: rewriting.finish(ending), edits: rewriting.edits };
}

module.exports = {
  __proto__: null,
  Unwrappable,
  asyncFunctionOf,
  awaitsAtTop,
  isObjectLiteral,
  parseProgram,
};
