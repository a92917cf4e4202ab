/**
 * A program → its value, or the promise of it.
 *
 * Lives in the worker. A program is a script of the fresh global scope where it can be one, so
 * that its value is the script's completion value; else it is rewritten to an async function.
 */
'use strict';

const vm = require('node:vm');
const $ = require('../primordials.js');
const bindings = require('./bindings.js');
const { NotAProgram } = require('./not_a_program.js');
const parser = require('./parser.js');
const { readersText } = require('./outputs.js');
const rewrite = require('./rewrite.js');

const OWN_FILE = 'node:codeexec_magics';
const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;
const LOOKS_LIKE_LITERAL = /^(?:\s|\/\/[^\n]*\n|\/\*[^]*?\*\/)*\{/;
/** `await` before something that a script would read as a call, an operator or an index. */
const AMBIGUOUS_AWAIT = /\bawait\b\s*[([+\-/`]/;
const IMPORTS = /\b(?:im|ex)port\b/;

const runScript = $.uncurryThis(vm.Script.prototype.runInThisContext);
/** Node would read `stack` of what a script throws, and so run the program's getters and traps. */
const UNTOUCHED = { __proto__: null, displayErrors: false };
const runInThisContext = (script) => runScript(script, UNTOUCHED);

const readersOf = (names) => compile(readersText(names), OWN_FILE, 1);

function compile(text, filename, firstLine) {
  return new vm.Script(text, {
    __proto__: null,
    filename,
    lineOffset: firstLine - 1,
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
}

/**
 * Let Node say now, and to nobody, that this way of importing is experimental.
 *
 * It says so once, at the first import, and the program did not choose it.
 */
function silenceImportWarning() {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    compile('import("node:process")', OWN_FILE, 1).runInThisContext();
  } finally {
    process.emitWarning = emitWarning;
  }
}

/** The program as a script; null if it has to be rewritten, or V8's SyntaxError. */
function asScript({ source, file, firstLine }) {
  if (!parser.isAvailable()) {
    return compile(source, file, firstLine);
  }
  if (LOOKS_LIKE_LITERAL.test(source) && rewrite.isObjectLiteral(source)) {
    return null;
  }
  let script;
  try {
    script = compile(source, file, firstLine);
  } catch (error) {
    return error;
  }
  return AMBIGUOUS_AWAIT.test(source) && awaits(source) ? null : script;
}

function awaits(source) {
  try {
    return rewrite.awaitsAtTop(rewrite.parseProgram(source));
  } catch {
    return false;
  }
}

/** A function that throws as a static import does when the module lacks a name. */
function checkNames(namespace, names, specifier) {
  for (let index = 0; index < names.length; index += 1) {
    if (!(names[index] in namespace)) {
      const what = `The requested module '${specifier}' does not provide an export named`;
      throw new $.SyntaxErrorClass(`${what} '${names[index]}'`);
    }
  }
  return namespace;
}

/** What is told of a program that neither V8 nor the parser takes. */
function notAProgram(program, failure, scriptError) {
  const { line, column } = failure.loc;
  const isAboutModules = /\bawait\b|\bimport\b|\bexport\b|reserved word/.test(
    scriptError?.message ?? '',
  );
  if (scriptError !== null && !isAboutModules) {
    return scriptError;
  }
  const message = failure.message.replace(/ \(\d+:\d+\)$/, '');
  return new NotAProgram(message, program.firstLine + line - 1, column + 1);
}

/** Rewrite and compile; returns the script whose value is the async function. */
function asFunction(program, entryName, readers, scriptError) {
  let rewritten;
  try {
    rewritten = rewrite.asyncFunctionOf(program, entryName, readers);
  } catch (failure) {
    throw notAProgram(program, failure, scriptError);
  }
  program.edits = rewritten.edits;
  return compile(rewritten.text, program.file, program.firstLine);
}

/** A function that can be called without `new`; undefined for all else. */
const callable = (value) =>
  typeof value === 'function' && !$.startsWith($.functionText(value), 'class') ? value : undefined;

/** What the program exports by `module.exports` or `exports` under a name, or by itself. */
function exported(name) {
  const exports = bindings.exported();
  return typeof exports === 'function' ? exports : (exports?.[name] ?? exports?.default);
}

/**
 * Compile a program; returns a function that runs it, and returns `[transform, value, readers]`
 * or the promise of it: the function of the wanted name, undefined if the program defines none; the
 * program's value; and functions that read its variables of the names in `outputs`.
 *
 * Throws V8's SyntaxError or `NotAProgram`.
 */
function prepare(program, entryName, outputs = []) {
  if (IMPORTS.test(program.source)) {
    silenceImportWarning();
  }
  const script = asScript(program);
  const hasEntry = IDENTIFIER.test(entryName);
  if (script instanceof vm.Script) {
    const entry = hasEntry
      ? compile(`typeof ${entryName} === "function" ? ${entryName} : undefined`, OWN_FILE, 1)
      : null;
    return () => {
      const value = runInThisContext(script);
      const readers = outputs.length === 0 ? [] : runInThisContext(readersOf(outputs));
      return entry === null
        ? [undefined, value, readers]
        : [callable(runInThisContext(entry)) ?? callable(exported(entryName)), value, readers];
    };
  }
  const wrapped = asFunction(program, entryName, readersText(outputs), script);
  return async () => {
    const run = runInThisContext(wrapped);
    const [entry, value, readers] = await run(checkNames, bindings.importMeta());
    return hasEntry
      ? [callable(entry) ?? callable(exported(entryName)), value, readers]
      : [undefined, value, readers];
  };
}

module.exports = { __proto__: null, NotAProgram, prepare };
