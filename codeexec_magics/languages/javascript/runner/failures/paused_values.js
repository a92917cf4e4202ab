/**
 * What the program's names held where it threw, or was stopped.
 *
 * Lives in the worker's main thread; owns a session of the inspector with this very thread. V8
 * stops the program where it throws, calls us before anything is unwound, and lets it go on.
 * Nothing else knows a local variable of a call that is over.
 *
 * What it takes (Node 24, one core of a small virtual machine): 16 ms to attach the debugger, most
 * of them for hashes of all of Node's own sources, so a standby does that while nobody waits, where
 * programs have needed it lately, and else the program that does; 1.1 MB in a standby; 1 ms a pause, so
 * there are only a few of them in a run; 0.6 µs for each `await`, 0.05 ms for each script that is
 * compiled. Loops and calls run as fast as without. A program in one straight line has no local
 * variables: none is attached for it, and its global names are read when it has failed.
 */
'use strict';

const vm = require('node:vm');
const { types } = require('node:util');
const $ = require('../primordials.js');
const { briefOf, ownData } = require('./previews.js');
const { lineOf } = require('../source/excerpts.js');
const { isUsers, pathOf } = require('./stack_frames.js');
const { namesOn, wordsOn } = require('../source/identifiers.js');
const plainConsole = require('../output/plain_console.js');
const { attempt } = require('../refusal.js');
const { use } = require('../used.js');

/** Pauses of a run; a program that throws and catches without end is not held up any longer. */
const MOST_PAUSES = 16;
const MOST_VALUES = 6;
const OWN_FILE = 'node:codeexec_magics';
const HAND = '_codeexec_magics_hand';
const GROUP = 'codeexec_magics';
/** Where there is no function, no block and no loop, all names are global. */
const HAS_LOCALS = /[{]|=>|\b(?:await|do|eval|for|Function|import|require|while)\b/;
/** What a library is: an object of nothing but functions. */
const MOST_METHODS = 8;

const runScript = $.uncurryThis(vm.Script.prototype.runInThisContext);
/** Room for what is beside the line where the program was stopped, for the thread that tells it. */
const notes = new SharedArrayBuffer(16 * 1024);
const noteBytes = new Uint8Array(notes);

/** Sends a request to the inspector and returns the answer; null if it refuses. */
let ask = null;
/** The user's files, by the number of their script. */
const files = { __proto__: null };
let handId = '';
let handed = null;
let running = null;
let left = 0;
/** What was seen: `{thrown, file, line, values}`. */
let records = $.bareList();

/** Take a list of boxes, and what was thrown, from the paused program. */
const hand = (boxes, thrown) => {
  handed = { __proto__: null, boxes, thrown };
};

/** An expression whose value is a list of boxes: for each name one with its value, or undefined. */
function boxesOf(words) {
  let text = '[';
  for (let index = 0; index < words.length; index += 1) {
    text += `(() => { try { return [${words[index]}]; } catch {} })(),`;
  }
  return `${text}]`;
}

/** Whether a value tells nothing: functions, and libraries. */
function isDull(value) {
  if (typeof value !== 'object' || value === null || types.isProxy(value)) {
    return typeof value === 'function';
  }
  if (value === globalThis || types.isModuleNamespaceObject(value)) {
    return true;
  }
  if ($.isArray(value) || $.isView(value)) {
    return false;
  }
  const keys = $.objectKeys(value);
  const count = $.minimum(keys.length, MOST_METHODS);
  for (let index = 0; index < count; index += 1) {
    if (typeof ownData(value, keys[index]) !== 'function') {
      return false;
    }
  }
  return count > 0;
}

/** Pairs of name and text for words whose boxes are there. */
function pairsOf(words, boxes) {
  const pairs = $.bareList();
  for (let index = 0; index < words.length; index += 1) {
    const box = ownData(boxes, index);
    if (box !== undefined && !attempt(() => isDull(box[0]), true)) {
      const pair = $.bareList();
      pair[0] = words[index];
      pair[1] = briefOf(box[0]);
      pairs[pairs.length] = pair;
    }
  }
  return pairs;
}

/** The innermost call of the user's: `{id, file, line, column}`, or null. */
function placeOf(calls) {
  for (let index = 0; index < calls.length; index += 1) {
    const { callFrameId, location } = calls[index];
    const file = files[location.scriptId];
    if (file !== undefined) {
      const { lineNumber, columnNumber: column } = location;
      return { __proto__: null, id: callFrameId, file, line: lineNumber + 1, column };
    }
  }
  return null;
}

/** Have the thrown thing, given as a remote object, and the boxes at a place handed over. */
function lookAt(place, words, remote) {
  const boxes = ask('Debugger.evaluateOnCallFrame', {
    __proto__: null,
    callFrameId: place.id,
    expression: boxesOf(words),
    objectGroup: GROUP,
    silent: true,
    throwOnSideEffect: true,
  });
  const { objectId } = boxes.result;
  const id = remote === undefined ? undefined : ownData(remote, 'objectId');
  const value = remote === undefined ? undefined : ownData(remote, 'value');
  const thrown = id === undefined ? { __proto__: null, value } : { __proto__: null, objectId: id };
  handed = null;
  ask('Runtime.callFunctionOn', {
    __proto__: null,
    functionDeclaration: 'function (hand, thrown) { hand(this, thrown); }',
    objectId,
    arguments: [{ __proto__: null, objectId: handId }, thrown],
    silent: true,
  });
  ask('Runtime.releaseObjectGroup', { __proto__: null, objectGroup: GROUP });
  return handed;
}

const isObject = (value) => typeof value === 'object' && value !== null;

/** Remember what was thrown at a place; an error is not kept alive by that. */
function keep(place, thrown, values) {
  const { file, line } = place;
  const reference = isObject(thrown) ? new $.WeakRefClass(thrown) : null;
  records[records.length] = { __proto__: null, reference, file, line, values };
}

/** Those of some pairs whose names a line uses; the first few. */
function select(file, line, pairs) {
  const names = namesOn(running, file, line);
  const chosen = $.bareList();
  for (let index = 0; index < pairs.length && chosen.length < MOST_VALUES; index += 1) {
    if (names === null || names[pairs[index][0]]) {
      chosen[chosen.length] = pairs[index];
    }
  }
  return chosen;
}

/** Leave a note for the thread that stops programs. */
function note(place, values) {
  const bytes = $.utf8($.jsonStringify({ __proto__: null, ...place, values }));
  const size = $.typedBytes(bytes);
  if (size < noteBytes.length) {
    $.typedSet(noteBytes, bytes, 0);
    noteBytes[size] = 0;
  }
}

/** Whether Node's part of a request would run code of the program's. */
const isUnsafe = () =>
  $.hasOwn($.ObjectPrototype, 'params') || $.hasOwn($.ObjectPrototype, 'toJSON');

/** Look at the paused program. */
function heed({ callFrames, data, reason }) {
  const isThrown = reason === 'exception' || reason === 'promiseRejection';
  if (isThrown) {
    left -= 1;
    if (left <= 0 && !isUnsafe()) {
      ask('Debugger.setPauseOnExceptions', { __proto__: null, state: 'none' });
    }
  }
  const place = running === null || isUnsafe() ? null : placeOf(callFrames);
  if (place === null) {
    return;
  }
  const words = wordsOn(lineOf(running, place.file, place.line), place.column);
  const { boxes, thrown } = lookAt(place, words, isThrown ? data : undefined);
  const values = pairsOf(words, boxes);
  if (isThrown) {
    keep(place, thrown, values);
  } else {
    note(place, select(place.file, place.line, values));
  }
}

/** Hear what the inspector tells. */
function listen(event, parameters) {
  if (event === 'Debugger.paused') {
    heed(parameters);
  } else if (event === 'Debugger.scriptParsed') {
    const file = pathOf(parameters.url);
    if (isUsers(file)) {
      files[parameters.scriptId] = file;
    }
  }
}

/** A function that speaks with the inspector. */
function connect() {
  const { Session } = require('node:inspector');
  const session = new Session();
  const post = $.uncurryThis(Session.prototype.post);
  // In place of an emitter's, which the program can change.
  session.emit = (event, message) => attempt(() => listen(event, message.params), undefined);
  session.connect();
  return (method, parameters) => {
    let answer = null;
    post(session, method, parameters, (error, result) => {
      answer = error === null ? result : null;
    });
    return answer;
  };
}

/** Attach the debugger, once; where it is not allowed there are no values. */
function attach() {
  if (ask !== null) {
    return;
  }
  try {
    plainConsole.install();
    ask = connect();
    ask('Debugger.enable');
    ask('Debugger.setBreakpointsActive', { __proto__: null, active: false });
    globalThis[HAND] = hand;
    handId = ask('Runtime.evaluate', { __proto__: null, expression: HAND }).result.objectId;
  } catch {
    ask = () => null;
  } finally {
    delete globalThis[HAND];
  }
}

/** Pause where this program throws, if it can have anything to see there. */
function prepare(program) {
  running = program;
  records = $.bareList();
  left = MOST_PAUSES;
  if (HAS_LOCALS.test(program.source)) {
    use('debugger');
    attach();
    ask('Debugger.setPauseOnExceptions', { __proto__: null, state: 'all' });
  }
}

/** Pause no more: the program is over. A pause deep in the encoder would cost a tenth of a second. */
function finish() {
  if (ask !== null && !isUnsafe()) {
    attempt(() => ask('Debugger.setPauseOnExceptions', { __proto__: null, state: 'none' }), null);
  }
}

/** The record of a thrown error at a place, or null. */
function recordOf(thrown, file, line) {
  for (let index = records.length - 1; index >= 0; index -= 1) {
    const record = records[index];
    const isSame = record.reference !== null && $.dereference(record.reference) === thrown;
    if (isSame && record.file === file && record.line === line) {
      return record;
    }
  }
  return null;
}

/** Values of global names, as they are now. */
function globalsOn(file, line, column) {
  const words = wordsOn(lineOf(running, file, line), column);
  const script = new vm.Script(boxesOf(words), { __proto__: null, filename: OWN_FILE });
  return pairsOf(words, runScript(script, { __proto__: null, displayErrors: false }));
}

function valuesOf(thrown, { file, line, column }) {
  const record = recordOf(thrown, file, line);
  if (record !== null) {
    return record.values;
  }
  const isStraight = file === running.filename && !HAS_LOCALS.test(running.source);
  return isStraight ? globalsOn(file, line, column) : $.bareList();
}

/** Add values to the innermost frame of the user's among the frames of an error. */
function describe(frames, thrown) {
  for (let index = frames.length - 1; index >= 0; index -= 1) {
    const frame = frames[index];
    if (frame.user) {
      attempt(() => {
        frame.values = select(frame.file, frame.line, valuesOf(thrown, frame));
      }, undefined);
      return;
    }
  }
}

module.exports = { __proto__: null, attach, describe, finish, notes, prepare };
