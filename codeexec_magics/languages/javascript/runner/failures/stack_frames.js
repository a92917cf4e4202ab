/**
 * Lines of a V8 stack → frames of a trace.
 *
 * Lives in the worker, in the main thread and in the thread that stops programs; works after the
 * program. Frames of the runner and of Node itself are left out.
 */
'use strict';

const { fileURLToPath } = require('node:url');
const $ = require('../primordials.js');
const { excerptOf } = require('../source/excerpts.js');
const { writtenPlace } = require('../source/program.js');

const CALL = /^\s*at (?:async )?(.*?) \((.*)\)$/;
const PLACE = /^\s*at (?:async )?(.*)$/;
const POSITION = /^(.*):(\d+):(\d+)$/;
const NAMELESS = /^(?:Object\.)?<anonymous>$/;
const MOST_FRAMES = 200;

/** The path of the program's own file, by which the runtime knows it, and what it is called here. */
let own = { __proto__: null, file: null, name: null };

/** Let the program's file be called by its name in traces. */
function nameFile({ file, filename }) {
  own = { __proto__: null, file, name: filename };
}

/** A file's path, for the URLs that ES modules have. */
function pathOf(file) {
  if (file === own.file) {
    return own.name;
  }
  if (!$.startsWith(file, 'file:')) {
    return file;
  }
  try {
    return fileURLToPath(file);
  } catch {
    return file;
  }
}

/** Whether a file is part of the runtime or of the runner. */
const isRuntime = (file) =>
  $.startsWith(file, 'node:') ||
  $.startsWith(file, $.runnerFolder) ||
  file === '<anonymous>' ||
  file === '';

const isLibrary = (file) => $.includes(file, '/node_modules/') || $.includes(file, '://');

/** Whether a file is the program, or one of the user's. */
const isUsers = (file) => !isRuntime(file) && !isLibrary(file);

/** Position and function of a stack's line; null for the runtime's and for what has no position. */
function placeOf(line) {
  const call = $.execute(CALL, line);
  const where = call === null ? $.execute(PLACE, line)?.[1] : call[2];
  const position = where === undefined ? null : $.execute(POSITION, where);
  if (position === null) {
    return null;
  }
  const file = pathOf($.includes(where, ' (') ? '<anonymous>' : position[1]);
  if (isRuntime(file)) {
    return null;
  }
  const name = call === null || $.execute(NAMELESS, call[1]) !== null ? '' : call[1];
  return { __proto__: null, file, line: +position[2], column: +position[3], function: name };
}

/** A frame at a place whose column is that of the text as written. */
function frameAt(program, place, end) {
  const user = !isLibrary(place.file);
  const excerpt = user && place.line > 0 ? excerptOf(program, place.file, place.line) : null;
  return {
    __proto__: null,
    file: place.file,
    line: place.line,
    column: end?.start ?? place.column,
    end_line: end === null ? null : end.line,
    end_column: end === null ? null : end.column,
    function: place.function,
    user,
    excerpt_start: excerpt === null ? 1 : excerpt.start,
    excerpt: excerpt === null ? $.bareList() : excerpt.lines,
    values: $.bareList(),
  };
}

/** The place with the column as written, if it lies in the program. */
function asWritten(program, place) {
  if (place.file !== program.filename) {
    return place;
  }
  const { line, column } = writtenPlace(program, place.line, place.column);
  return { __proto__: null, file: place.file, line, column, function: place.function };
}

/** The stack's lines as text, without the runtime's, with columns as written. */
function stackText(program, lines) {
  let text = '';
  for (let index = 0; index < lines.length; index += 1) {
    const place = placeOf(lines[index]);
    if (place !== null) {
      const { file, line, column } = asWritten(program, place);
      const async = $.includes(lines[index], 'at async ') ? 'async ' : '';
      const where = `${file}:${line}:${column}`;
      text += `\n    at ${async}${place.function === '' ? where : `${place.function} (${where})`}`;
    }
  }
  return text;
}

/** Whether a stack's line is the runtime's. */
const isRuntimeLine = (line) => placeOf(line) === null;

/** A stack's line with its column as written. */
function asWrittenLine(program, line) {
  const place = placeOf(line);
  if (place === null || place.file !== program.filename) {
    return line;
  }
  const before = `:${place.line}:${place.column}`;
  const written = asWritten(program, place);
  const end = line[line.length - 1] === ')' ? ')' : '';
  const rest = $.slice(line, 0, line.length - before.length - end.length);
  return `${rest}:${written.line}:${written.column}${end}`;
}

/**
 * The frames of a stack's lines, outermost call first.
 *
 * `spanOf` returns the columns of the failing expression at a place, or null.
 */
function framesOf(program, lines, spanOf) {
  const frames = $.bareList();
  for (let index = $.minimum(lines.length, MOST_FRAMES) - 1; index >= 0; index -= 1) {
    const place = placeOf(lines[index]);
    if (place !== null) {
      const written = asWritten(program, place);
      frames[frames.length] = frameAt(program, written, spanOf(written));
    }
  }
  return frames;
}

module.exports = {
  __proto__: null,
  asWritten,
  asWrittenLine,
  frameAt,
  framesOf,
  isRuntime,
  isRuntimeLine,
  isUsers,
  nameFile,
  pathOf,
  stackText,
};
