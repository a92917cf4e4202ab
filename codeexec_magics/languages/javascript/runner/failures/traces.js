/**
 * Whatever a program threw → a trace, as objects that JSON can write.
 *
 * Lives in the worker and works after the program: `throw null`, errors whose getters throw and
 * proxies all become a trace that says what was thrown.
 */
'use strict';

const util = require('node:util');
const $ = require('../primordials.js');
const { lineOf } = require('../source/excerpts.js');
const { asWritten, frameAt, framesOf, pathOf, stackText } = require('./stack_frames.js');
const { NotAProgram } = require('../source/not_a_program.js');
const hints = require('./syntax_hints.js');
const pauses = require('./paused_values.js');
const { attempt, className, typeName } = require('../refusal.js');
const { spansOf } = require('../source/spans.js');
const { callLines, stackOf, syntaxPlace } = require('./stacks.js');

const { inspect } = util;
const { isNativeError, isProxy } = util.types;

const UNDEFINED_NAME = /^(\S+) is not defined$/;
const MOST_LEVELS = 20;
const MOST_MEMBERS = 20;
const MOST_NOTES = 10;
const LAST_OF_PLANE = 0xffff;
const SURROGATE = /[\ud800-\udbff]/;
const MOST_BASES = 20;
const LONGEST_TEXT = 100_000;
const BRIEF = {
  __proto__: null,
  depth: 2,
  customInspect: false,
  maxArrayLength: 20,
  maxStringLength: 1000,
};
/** Classes whose name says less than that of a class derived from them. */
const BUILT_IN = /^(?:Aggregate|Eval|Range|Reference|Syntax|Type|URI)?Error$/;
const HIDDEN = {
  __proto__: null,
  stack: true,
  message: true,
  name: true,
  cause: true,
  errors: true,
};

const INDESCRIBABLE = 'the program threw something that cannot be described';

/** Text that every reader can hold, cut to a length. */
const clean = (text) => $.toWellFormed($.slice(text, 0, LONGEST_TEXT));

const textOf = (action) => {
  const text = attempt(action, '');
  return typeof text === 'string' ? clean(text) : '';
};

/** Whether something has what an error has; DOMException is one that V8 does not count. */
function isError(thrown) {
  if (thrown === null || typeof thrown !== 'object' || isProxy(thrown)) {
    return false;
  }
  return isNativeError(thrown) || attempt(() => thrown instanceof $.ErrorClass, false);
}

/** The name of an error's class, as its author would call it. */
function nameOf(error) {
  const name = textOf(() => error.name);
  const ofClass = clean(className(error));
  return ofClass !== '' && (name === '' || $.execute(BUILT_IN, name) !== null)
    ? ofClass
    : name || 'Error';
}

/** The names of the classes that an error's class is derived from. */
function basesOf(error) {
  const names = $.bareList();
  let prototype = attempt(() => $.getPrototypeOf(error), null);
  while (prototype !== null && names.length < MOST_BASES) {
    prototype = attempt(() => $.getPrototypeOf(prototype), null);
    const name = prototype === null ? '' : clean(constructorName(prototype));
    if (name !== '' && name !== 'Object') {
      names[names.length] = name;
    }
  }
  return names;
}

/** The name of the class whose prototype this is. */
function constructorName(prototype) {
  const descriptor = attempt(() => $.getOwnPropertyDescriptor(prototype, 'constructor'), undefined);
  const name = attempt(() => $.getOwnPropertyDescriptor(descriptor.value, 'name').value, '');
  return typeof name === 'string' ? name : '';
}

const makeTrace = (type, message, text) => ({
  __proto__: null,
  type,
  message,
  frames: $.bareList(),
  notes: $.bareList(),
  cause: null,
  explicit: true,
  exceptions: $.bareList(),
  text,
});

const headline = (type, message) => (message === '' ? type : `${type}: ${message}`);

/** The trace of something thrown that is no error: there is no stack to show. */
function traceOfValue(thrown) {
  const type = typeName(thrown);
  const message =
    typeof thrown === 'string'
      ? clean(thrown)
      : thrown === null
        ? ''
        : textOf(() => inspect(thrown, BRIEF));
  const trace = makeTrace(type, message, `Uncaught ${headline(type, message)}`);
  trace.notes[0] = `a ${type} was thrown; only an Error has a stack trace: throw new Error(…)`;
  return trace;
}

/** What else an error carries: `code`, `errno`, `path`, … */
function notesOf(error) {
  const notes = $.bareList();
  const keys = attempt(() => $.objectKeys(error), $.bareList());
  for (let index = 0; index < keys.length && notes.length < MOST_NOTES; index += 1) {
    const key = keys[index];
    const value = HIDDEN[key] === true ? undefined : attempt(() => error[key], undefined);
    if (
      value !== undefined &&
      value !== null &&
      typeof value !== 'object' &&
      typeof value !== 'function'
    ) {
      notes[notes.length] = clean(`${key}: ${attempt(() => inspect(value, BRIEF), '…')}`);
    }
  }
  return notes;
}

/** A column in characters: V8 counts the halves of those beyond the basic plane. */
function inCharacters(line, column) {
  let count = 0;
  for (let at = 0; at < column - 1; count += 1) {
    at += $.codePoint(line, at) > LAST_OF_PLANE ? 2 : 1;
  }
  return count + 1;
}

/** Let the columns of frames count characters, as those of every other language do. */
function countCharacters(program, frames) {
  for (let index = 0; index < frames.length; index += 1) {
    const frame = frames[index];
    const line = frame.user ? lineOf(program, frame.file, frame.line) : '';
    if ($.execute(SURROGATE, line) !== null) {
      frame.column = inCharacters(line, frame.column);
      frame.end_column = frame.end_column && inCharacters(line, frame.end_column);
    }
  }
}

class Extractor {
  #program;

  #seen = new $.SetClass();

  #spanOf;

  constructor(program) {
    this.#program = program;
    this.#spanOf = spansOf(program);
  }

  /** The trace of anything thrown. */
  trace(thrown, depth) {
    if (!isError(thrown)) {
      return traceOfValue(thrown);
    }
    $.setAdd(this.#seen, thrown);
    const type = nameOf(thrown);
    const place = type === 'SyntaxError' ? syntaxPlace(thrown) : null;
    const message = textOf(() => thrown.message);
    const trace = makeTrace(type, message, headline(type, message));
    const lines = callLines(stackOf(thrown));
    trace.frames = framesOf(this.#program, lines, this.#spanOf);
    if (type === 'ReferenceError') {
      this.#findName(trace);
    }
    trace.text += stackText(this.#program, lines);
    if (place === null) {
      pauses.describe(trace.frames, thrown);
    }
    trace.notes = notesOf(thrown);
    trace.bases = basesOf(thrown);
    if (place !== null) {
      this.#addSyntaxPlace(trace, place);
    }
    hints.add(trace, this.#program);
    countCharacters(this.#program, trace.frames);
    this.#addOthers(trace, thrown, depth);
    return trace;
  }

  /** Point to the name that is not defined where V8 knows its statement only. */
  #findName({ message, frames }) {
    const frame = frames[frames.length - 1];
    const name = $.execute(UNDEFINED_NAME, message);
    if (frame === undefined || frame.end_column !== null || name === null) {
      return;
    }
    const span = this.#spanOf(frame, name[1]);
    if (span !== null) {
      frame.column = span.start;
      frame.end_line = span.line;
      frame.end_column = span.column;
    }
  }

  /** The trace of a text that is no program. */
  traceOfText({ message, line, column }) {
    const trace = makeTrace('SyntaxError', message, `SyntaxError: ${message}`);
    const end = this.#spanOf({ __proto__: null, file: this.#program.filename, line, column });
    const endColumn = end === null ? column + 1 : end.column;
    this.#placeSyntaxError(trace, { file: this.#program.filename, line, column, endColumn });
    hints.add(trace, this.#program);
    countCharacters(this.#program, trace.frames);
    return trace;
  }

  #addSyntaxPlace(trace, { file, line, column, endColumn }) {
    const place = { __proto__: null, file: pathOf(file), line, column, function: '' };
    const written = asWritten(this.#program, place);
    const end = endColumn > column ? written.column + endColumn - column : null;
    this.#placeSyntaxError(trace, {
      file: place.file,
      line,
      column: written.column,
      endColumn: end,
    });
  }

  #placeSyntaxError(trace, { file, line, column, endColumn }) {
    const place = { __proto__: null, file, line, column, function: '' };
    const end = endColumn === null ? null : { __proto__: null, line, column: endColumn };
    trace.frames[trace.frames.length] = frameAt(this.#program, place, end);
    const code = lineOf(this.#program, file, line);
    const carets = $.repeat('^', $.maximum(1, (endColumn ?? column + 1) - column));
    const marks = $.repeat(' ', $.minimum(column - 1, code.length)) + carets;
    trace.text = clean(`${file}:${line}\n${code}\n${marks}\n\n${trace.text}`);
  }

  /** Add the cause and the members, each with its own text behind the whole's. */
  #addOthers(trace, error, depth) {
    if (depth >= MOST_LEVELS) {
      return;
    }
    const cause = attempt(() => error.cause, undefined);
    const isNew = cause !== undefined && cause !== null && !$.setHas(this.#seen, cause);
    if (isNew) {
      trace.cause = this.trace(cause, depth + 1);
      trace.text += `\nCaused by: ${trace.cause.text}`;
    }
    const members = attempt(() => error.errors, undefined);
    const count = attempt(() => ($.isArray(members) ? members.length : 0), 0);
    for (let index = 0; index < $.minimum(count, MOST_MEMBERS); index += 1) {
      const member = attempt(() => members[index], undefined);
      if (!$.setHas(this.#seen, member)) {
        const part = this.trace(member, depth + 1);
        trace.exceptions[trace.exceptions.length] = part;
        trace.text += `\n[${index}]: ${part.text}`;
      }
    }
  }
}

/** The trace of what a program threw, or of a text that is none; always a trace. */
function traceOf(program, thrown) {
  const extract = () => {
    const extractor = new Extractor(program);
    return NotAProgram.is(thrown) ? extractor.traceOfText(thrown) : extractor.trace(thrown, 0);
  };
  return attempt(extract, null) ?? makeTrace('Error', INDESCRIBABLE, INDESCRIBABLE);
}

/** The trace of a failure that has no place in the program. */
function traceOfMessage(type, message) {
  return makeTrace(type, message, headline(type, message));
}

module.exports = { __proto__: null, traceOf, traceOfMessage };
