/**
 * Where the expression ends that begins at a place of the program.
 *
 * Lives in the worker and works after the program, when there is a failure to show.
 */
'use strict';

const $ = require('./primordials.js');
const parser = require('./parser.js');
const { parseProgram } = require('./rewrite.js');

/** Expressions that are underlined as a whole; operators would underline too much. */
const WHOLE = {
  __proto__: null,
  AwaitExpression: true,
  CallExpression: true,
  Identifier: true,
  ImportDeclaration: true,
  ImportExpression: true,
  MemberExpression: true,
  NewExpression: true,
  PrivateIdentifier: true,
  TaggedTemplateExpression: true,
};

/** The largest such node that begins at a place, searched from a node downwards. */
function nodeAt(node, line, column, best) {
  if (node === null || typeof node !== 'object') {
    return best;
  }
  let found = best;
  const { loc } = node;
  if (loc !== undefined) {
    if (loc.start.line > line || loc.end.line < line) {
      return best;
    }
    const begins =
      loc.start.line === line && loc.start.column === column && WHOLE[node.type] === true;
    if (begins && loc.end.line === line && (found === null || node.end > found.end)) {
      found = node;
    }
  }
  const keys = $.objectKeys(node);
  for (let index = 0; index < keys.length; index += 1) {
    if (keys[index] !== 'loc') {
      found = nodeAt(node[keys[index]], line, column, found);
    }
  }
  return found;
}

/** A function from a place to the end of its expression, or null where it cannot be told. */
function spansOf(program) {
  let tree = null;
  try {
    tree = parser.isAvailable() ? parseProgram(program.source) : null;
  } catch {
    // A program that the parser does not take has no spans; or the program broke the built-ins.
  }
  return (place) => {
    if (tree === null || place.file !== program.filename) {
      return null;
    }
    try {
      const found = nodeAt(tree, place.line - program.firstLine + 1, place.column - 1, null);
      return found === null
        ? null
        : { __proto__: null, line: place.line, column: found.loc.end.column + 1 };
    } catch {
      return null;
    }
  };
}

module.exports = { __proto__: null, spansOf };
