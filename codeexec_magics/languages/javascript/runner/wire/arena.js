/**
 * The arenas: anonymous memory behind descriptors 4 (inputs) and 5 (outputs).
 *
 * Lives in the worker. Reads and writes by position, since the file offset belongs to whoever
 * shares the descriptor; every range that arrives is checked against the memory's real size.
 */
'use strict';

const { fstatSync } = require('node:fs');
const $ = require('../primordials.js');
const { checkIdentity, readAll, writeAll } = require('./control.js');

const INPUTS = 4;
const OUTPUTS = 5;
const ALIGNMENT = 64;

let end = 0;

/** Copy a range of the inputs arena into a new ArrayBuffer's bytes. */
function readInputs(offset, length) {
  checkIdentity(INPUTS);
  const { size } = fstatSync(INPUTS);
  const fits =
    $.isInteger(offset) &&
    $.isInteger(length) &&
    offset >= 0 &&
    length >= 0 &&
    (length === 0 || offset + length <= size);
  if (!fits) {
    throw new $.RangeErrorClass(
      `bytes ${offset} + ${length} lie outside of an arena of ${size} bytes`,
    );
  }
  const bytes = new $.BytesClass(length);
  if (readAll(INPUTS, bytes, 0, offset) < length) {
    throw new $.RangeErrorClass('the inputs arena became shorter while it was read');
  }
  return bytes;
}

/** Append bytes to the outputs arena; returns the offset, a multiple of 64. */
function appendOutput(bytes) {
  checkIdentity(OUTPUTS);
  const offset = end;
  writeAll(OUTPUTS, bytes, offset);
  end = $.floor((offset + $.typedBytes(bytes) + ALIGNMENT - 1) / ALIGNMENT) * ALIGNMENT;
  return offset;
}

/** Append from this offset on: what was appended behind it has been read. */
function rewindOutput(offset) {
  end = offset;
}

module.exports = { __proto__: null, appendOutput, readInputs, rewindOutput };
