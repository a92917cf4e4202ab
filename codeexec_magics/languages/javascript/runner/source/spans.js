/**
 * Where the expression begins and ends that V8 means by a place of the program.
 *
 * Lives in the worker and works after the program, when there is a failure to show.
 */
'use strict';

const $ = require('../primordials.js');
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

const isAt = (position, line, column) => position.line === line && position.column === column;

/** Where V8 says that a member is read: at its name, or at the bracket before it. */
function isReadAt(member, source, line, column) {
  const { loc, start } = member.property;
  if (!member.computed) {
    return isAt(loc.start, line, column);
  }
  const bracket = $.indexOf(source, '[', member.object.end);
  return loc.start.line === line && loc.start.column - (start - bracket) === column;
}

/** Whether V8 may mean an expression by a place: its beginning, its last name, its operator. */
function isMeant(node, source, line, column) {
  if (isAt(node.loc.start, line, column)) {
    return WHOLE[node.type] === true;
  }
  if (node.type === 'AssignmentExpression') {
    const operator = $.indexOf(source, node.operator, node.left.end);
    return column - node.loc.start.column === operator - node.start && line === node.loc.end.line;
  }
  const member = node.type === 'CallExpression' ? node.callee : node;
  return member.type === 'MemberExpression' && isReadAt(member, source, line, column);
}

const isLarger = (node, other) =>
  other === null || node.end > other.end || (node.end === other.end && node.start < other.start);

/** The largest node on one line that satisfies a condition, searched from a node downwards. */
function largest(node, line, isWanted, best) {
  if (node === null || typeof node !== 'object') {
    return best;
  }
  let found = best;
  const { loc } = node;
  if (loc !== undefined) {
    if (loc.start.line > line || loc.end.line < line) {
      return best;
    }
    if (loc.start.line === loc.end.line && isWanted(node) && isLarger(node, found)) {
      found = node;
    }
  }
  const keys = $.objectKeys(node);
  for (let index = 0; index < keys.length; index += 1) {
    if (keys[index] !== 'loc') {
      found = largest(node[keys[index]], line, isWanted, found);
    }
  }
  return found;
}

/**
 * A function from a place, and the name that was not found there if it is one, to the columns
 * `{line, start, column}` of its expression; null where it cannot be told.
 *
 * For a name that is not defined V8 may tell the statement only.
 */
function spansOf(program) {
  let tree = null;
  try {
    // A text that was rewritten as a whole has other places than the one that was written.
    const isParsed = program.map === null && parser.isAvailable();
    tree = isParsed ? parseProgram(program.source) : null;
  } catch {
    // A program that the parser does not take has no spans; or the program broke the built-ins.
  }
  return (place, missing = null) => {
    if (tree === null || place.file !== program.filename) {
      return null;
    }
    const line = place.line - program.firstLine + 1;
    const column = place.column - 1;
    const isWanted = (node) =>
      missing === null
        ? isMeant(node, program.source, line, column)
        : node.type === 'Identifier' && node.name === missing && node.loc.start.column >= column;
    try {
      const found = largest(tree, line, isWanted, null);
      return found === null
        ? null
        : {
            __proto__: null,
            line: place.line,
            start: found.loc.start.column + 1,
            column: found.loc.end.column + 1,
          };
    } catch {
      return null;
    }
  };
}

module.exports = { __proto__: null, spansOf };
