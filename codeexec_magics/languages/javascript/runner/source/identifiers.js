/**
 * The names that a line of source uses.
 *
 * Lives in the worker, and in two steps: words of a line are cheap to find while the program is
 * paused there, and may be too many; which of them are names, the parser tells when it has failed.
 */
'use strict';

const $ = require('../primordials.js');
const { sourceOf } = require('./excerpts.js');
const parser = require('./parser.js');
const { parseProgram } = require('./rewrite.js');

const MOST_WORDS = 16;
/** Characters on each side of the column in which a long line is looked at. */
const NEAR = 200;
const WORD = /(?<![\p{ID_Continue}$#"'`]|(?<!\.\.)\.)[\p{ID_Start}$_][\p{ID_Continue}$]*/gu;
/** What cannot be read as a name; words that only look like one turn out to have no value. */
const RESERVED = new Set(
  (
    'arguments await break case catch class const continue debugger default delete do else enum ' +
    'eval export extends false finally for function if implements import in instanceof interface ' +
    'let new null package private protected public return static super switch throw true try ' +
    'typeof var void while with yield exports module'
  ).split(' '),
);
/** What every program finds is not worth showing, and some of it is made when it is looked at. */
const GLOBALS = new Set(Object.getOwnPropertyNames(globalThis));
const KEY_OWNERS = {
  __proto__: null,
  MemberExpression: 'property',
  MethodDefinition: 'key',
  Property: 'key',
  PropertyDefinition: 'key',
  BreakStatement: 'label',
  ContinueStatement: 'label',
  LabeledStatement: 'label',
  MetaProperty: 'meta',
};

const isWanted = (word) => !$.setHas(RESERVED, word) && !$.setHas(GLOBALS, word);

/** Words of a line, near a column counted from 0, that may be names of values. */
function wordsOn(line, column) {
  const words = $.bareList();
  const known = new $.SetClass();
  WORD.lastIndex = 0;
  const text = $.slice(line, $.maximum(0, column - NEAR), column + NEAR);
  for (let found = $.execute(WORD, text); found !== null; found = $.execute(WORD, text)) {
    const word = found[0];
    if (isWanted(word) && !$.setHas(known, word) && words.length < MOST_WORDS) {
      $.setAdd(known, word);
      words[words.length] = word;
    }
  }
  return words;
}

/** The part of a node that names no value: a key, a label, or what only comes into being there. */
function namelessPart(node) {
  if (node.type === 'VariableDeclarator') {
    return node.init === null ? undefined : 'id';
  }
  return node.computed || node.shorthand ? undefined : KEY_OWNERS[node.type];
}

/** Add the names that a line uses below a node. */
function collect(node, line, names) {
  if (node === null || typeof node !== 'object') {
    return;
  }
  const { loc, type } = node;
  if (loc !== undefined && (loc.start.line > line || loc.end.line < line)) {
    return;
  }
  if ((type === 'Identifier' || type === 'ThisExpression') && loc.start.line === line) {
    names[type === 'Identifier' ? node.name : 'this'] = true;
    return;
  }
  const nameless = namelessPart(node);
  const parts = $.objectKeys(node);
  for (let index = 0; index < parts.length; index += 1) {
    if (parts[index] !== 'loc' && parts[index] !== nameless) {
      collect(node[parts[index]], line, names);
    }
  }
}

/** The names that a line of the program or of a file uses, as keys; null if it cannot be told. */
function namesOn(program, file, line) {
  const { source, offset } = sourceOf(program, file);
  try {
    const names = { __proto__: null };
    if (parser.isAvailable()) {
      collect(parseProgram(source), line - offset, names);
      return names;
    }
  } catch {
    // Not JavaScript, or the program broke what the parser uses.
  }
  return null;
}

module.exports = { __proto__: null, namesOn, wordsOn };
