/**
 * What the names of `-o` take: the program's value, else its own variables of these names.
 *
 * Lives in the worker and works after the program has run. The program is parsed only where its
 * text may assign one of the names, or its value is undefined: few are.
 */
'use strict';

const $ = require('../primordials.js');
const parser = require('./parser.js');
const rewrite = require('./rewrite.js');

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;
/** A last line that gives what a variable holds. */
const NAME_LAST = /(?:^|[\n;}])[ \t]*[\p{ID_Start}$_][\p{ID_Continue}$.]*[ \t]*;?\s*$/u;
const DECLARES_LAST = /(?:^|[\n;}])[ \t]*(?:let|const|var)\s[^\n`;]*;?\s*$/;

/** A function of that name, and a second time that it is named. */
const MAIN =
  /\bfunction\s*\*?\s*main\b|\b(?:const|let|var)\s+main\s*=\s*(?:async\b\s*)?(?:function\b|\(|\w+\s*=>)/;
const TWICE = /\bmain\b[^]*\bmain\b/;

/** The names, as text of an array of functions that give them. */
const readersText = (names) =>
  `[${names.map((name) => (IDENTIFIER.test(name) ? `() => ${name}` : '() => $_no_such')).join(', ')}]`;

/** The variable that an assignment, an update or a deletion changes; undefined for none. */
function changedName(node) {
  let target = node.type === 'ParenthesizedExpression' ? node.expression : node;
  if (target.type === 'AssignmentExpression') {
    target = target.left;
  } else if (
    target.type === 'UpdateExpression' ||
    (target.type === 'UnaryExpression' && target.operator === 'delete')
  ) {
    target = target.argument;
  } else {
    return undefined;
  }
  while (target.type === 'MemberExpression' || target.type === 'ParenthesizedExpression') {
    target = target.type === 'MemberExpression' ? target.object : target.expression;
  }
  return target.name;
}

const lastOf = (body) =>
  body.findLast(
    ({ type }) => !/^(EmptyStatement|FunctionDeclaration|ClassDeclaration)$/.test(type),
  );

/** Whether a statement ends in an expression that is its value, and changes none of the names. */
function givesValue(node, names) {
  switch (node?.type) {
    case 'ExpressionStatement':
      return !names.includes(changedName(node.expression));
    case 'ExportDefaultDeclaration':
      return !/Declaration$/.test(node.declaration.type);
    case 'BlockStatement':
      return givesValue(lastOf(node.body), names);
    case 'IfStatement':
      return givesValue(node.consequent, names) || givesValue(node.alternate, names);
    case 'TryStatement':
      return givesValue(node.block, names) || givesValue(node.handler?.body, names);
    case 'SwitchStatement':
      return node.cases.some(({ consequent }) => givesValue(lastOf(consequent), names));
    case 'LabeledStatement':
    case 'WithStatement':
      return givesValue(node.body, names);
    default:
      return false;
  }
}

/** Whether the program ends in a value; null where that cannot be told. */
function endsInValue({ source }, names) {
  try {
    if (rewrite.isObjectLiteral(source)) {
      return true;
    }
    return givesValue(lastOf(rewrite.parseProgram(source).body), names);
  } catch {
    return null;
  }
}

/** Whether the program ends in a call, awaited or not. */
function endsInCall({ source }) {
  try {
    const last = lastOf(rewrite.parseProgram(source).body);
    let node = last?.type === 'ExpressionStatement' ? last.expression : undefined;
    while (node?.type === 'AwaitExpression' || node?.type === 'ChainExpression') {
      node = node.type === 'AwaitExpression' ? node.argument : node.expression;
    }
    return node?.type === 'CallExpression';
  } catch {
    return false;
  }
}

/** Whether a tree returns something, outside of the functions in it. */
function returnsValue(node) {
  if (node === null || typeof node !== 'object') {
    return false;
  }
  if (Array.isArray(node)) {
    return node.some(returnsValue);
  }
  if (node.type === 'ReturnStatement') {
    return node.argument !== null;
  }
  const isInner = /Function|^Class/.test(node.type);
  return !isInner && Object.keys(node).some((key) => key !== 'loc' && returnsValue(node[key]));
}

/** Whether a function of the program has no `return` with a value. */
function returnsNothing(transform) {
  try {
    const { body } = parser.parse(`(${$.functionText(transform)})`, 'script');
    const { expression } = body[0].expression;
    const isBlock = expression.body.type === 'BlockStatement' && !expression.generator;
    return isBlock && !returnsValue(expression.body);
  } catch {
    return false; // A method, a native function, a class: whatever it is, it may return.
  }
}

/** Whether the program's value is one that it was to give. */
function isGiven(program, names, value) {
  const isUndefined = value === undefined;
  if (!isUndefined) {
    const isNamed = names.some((name) => program.source.includes(name));
    if (!isNamed || NAME_LAST.test(program.source)) {
      return true;
    }
  } else if (DECLARES_LAST.test(program.source)) {
    return false;
  }
  return endsInValue(program, names) ?? !isUndefined;
}

/** What a variable holds, in a list; undefined if the program has none of that name. */
function read(reader, name, before) {
  try {
    const value = reader();
    const isTheRuntime = $.hasOwn(before, name) && $.is(before[name], value);
    return isTheRuntime ? undefined : [value];
  } catch {
    return undefined; // A ReferenceError; or a getter of the program throws.
  }
}

/** What is said of a program that gives nothing: its `main` may be meant as the entry. */
function remark(value, { source }, entry) {
  const isMeant =
    value === undefined && $.execute(MAIN, source) !== null && $.execute(TWICE, source) === null;
  return isMeant ? `main is defined and not called: end with main(), or call it ${entry}` : '';
}

/** What the runtime itself has under the names, so that nobody takes it for the program's. */
function before(names, inputs) {
  const found = { __proto__: null };
  for (const name of names) {
    if (name in globalThis && !$.hasOwn(inputs, name)) {
      found[name] = globalThis[name];
    }
  }
  return found;
}

/**
 * The value that is sent, and the names for which there is none: `[value, missing]`.
 *
 * `transform` is the function that gave the value; undefined if it is the program's own. `readers`
 * give the variables of the names, and `runtime` is what `before` returned.
 */
async function settle({ program, names, readers, runtime }, transform, value) {
  const given =
    transform === undefined
      ? isGiven(program, names, value)
      : value !== undefined || !returnsNothing(transform);
  // A call that gives nothing stands for the variables that it was made for, if they are there.
  const isOfCall = given && value === undefined && transform === undefined && endsInCall(program);
  if (given && !isOfCall) {
    return [value, []];
  }
  const found = { __proto__: null };
  const missing = [];
  for (let index = 0; index < names.length; index += 1) {
    const held = read(readers[index], names[index], runtime);
    if (held === undefined) {
      $.push(missing, names[index]);
    } else {
      $.defineProperty(found, names[index], {
        value: await held[0],
        enumerable: true,
      });
    }
  }
  if (missing.length === 0) {
    return [names.length === 1 ? found[names[0]] : found, missing];
  }
  return value === undefined && !isOfCall ? [null, missing] : [value, []];
}

module.exports = { __proto__: null, before, readersText, remark, returnsNothing, settle };
