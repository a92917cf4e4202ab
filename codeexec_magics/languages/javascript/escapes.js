/**
 * Whether a function may keep, or change, the object that it is given.
 *
 * Lives in the worker. Rows of a frame that nobody can see again need not be kept; and a function
 * that only reads `row.x`, spreads `{ ...row }` or takes its parameter apart shows the row to
 * nobody. Where the text of the function leaves a doubt the answer is that it may.
 */
'use strict';

const $ = require('./primordials.js');
const parser = require('./parser.js');

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

const isNamed = (node, name) => node?.type === 'Identifier' && node.name === name;

/** Whether a property of the row is what a node names. */
const isMember = (node, name) =>
  node.type === 'MemberExpression' && isNamed(unwrap(node.object), name);

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

/** Whether the row's name stands anywhere but where it is only read from. */
function leaks(node, name) {
  if (node === null || typeof node !== 'object') {
    return false;
  }
  if (Array.isArray(node)) {
    return node.some((part) => leaks(part, name));
  }
  switch (node.type) {
    case 'Identifier':
      return node.name === name;
    case 'MemberExpression':
      return (
        (!isNamed(unwrap(node.object), name) && leaks(node.object, name)) ||
        (node.computed && leaks(node.property, name))
      );
    case 'CallExpression':
      return isMember(unwrap(node.callee), name) || leaks([node.callee, node.arguments], name);
    case 'AssignmentExpression':
    case 'ForInStatement':
    case 'ForOfStatement':
      return mentions(node.left, [name]) || leaks([node.right, node.body ?? null], name);
    case 'UnaryExpression':
      return node.operator === 'delete'
        ? mentions(node.argument, [name])
        : leaks(node.argument, name);
    case 'ObjectExpression':
      return node.properties.some((part) =>
        part.type === 'SpreadElement'
          ? !isNamed(unwrap(part.argument), name) && leaks(part.argument, name)
          : (part.computed && leaks(part.key, name)) || leaks(part.value, name),
      );
    case 'VariableDeclarator':
      return (
        mentions(node.id, [name]) ||
        (!(node.id.type === 'ObjectPattern' && isNamed(node.init, name)) && leaks(node.init, name))
      );
    default:
      return DOUBTFUL[node.type]
        ? mentions(node, [name])
        : Object.values(node).some((part) => leaks(part, name));
  }
}

function mayEscape(text, position) {
  const tree = parser.parse(`(${text})`, 'script');
  const node = unwrap(tree.body[0].expression);
  const isSimple = FUNCTIONS[node.type] && !node.async && !node.generator;
  if (!isSimple || mentions(node, ['eval', 'arguments'])) {
    return true;
  }
  if (node.params.some((part) => part.type === 'RestElement')) {
    return true;
  }
  const given = node.params[position];
  const others = [...node.params.filter((part) => part !== given), node.body];
  if (given === undefined || given.type === 'ObjectPattern') {
    return false;
  }
  return given.type !== 'Identifier' || leaks(others, given.name);
}

/** Whether a function may keep or change its argument at a position. */
function keeps(callback, position) {
  const text = $.functionText(callback);
  if (text.length > LONGEST_TEXT || !parser.isAvailable()) {
    return true;
  }
  try {
    return mayEscape(text, position);
  } catch {
    return true;
  }
}

module.exports = { __proto__: null, keeps };
