/**
 * The control channel: frames of JSON over descriptor 3.
 *
 * Lives in the worker; owns descriptor 3 from the start to the last message. A program shares this
 * process and may have closed or replaced the descriptor: then the runner ends with status 121.
 */
'use strict';

const fs = require('node:fs');
const { promisify } = require('node:util');
const $ = require('../primordials.js');

const { fstatSync, readSync, writeSync } = fs;
const readSoon = promisify(fs.read);
const { reallyExit } = process;

const CONTROL = 3;
const LARGEST_FRAME = 16 * 1024 * 1024;
const LOST_DESCRIPTOR = 121;
const BIG = { __proto__: null, bigint: true };
const HEADER_BYTES = 4;
const PAUSE_MILLISECONDS = 1;
/** A program that only waits has reported its stop itself by then. */
const STOP_MILLISECONDS = 5;

const identities = { __proto__: null };
const pauseCell = new Int32Array(new SharedArrayBuffer(4));
/**
 * Shared with the thread that stops programs, which may write a frame only while this one is
 * paused between frames and the last one is not out yet.
 */
const state = new Int32Array(new SharedArrayBuffer(12));
const WRITING = 0;
const ENDING = 1;
const STOPPED = 2;

/** Which file a descriptor is, or '' if it is closed. */
function identityOf(fd) {
  try {
    const { dev, ino } = fstatSync(fd, BIG);
    return `${dev}:${ino}`;
  } catch {
    return '';
  }
}

/** Remember what a descriptor is; to be called before the program runs. */
function remember(fd) {
  identities[fd] = identityOf(fd);
}

/** End the process unless the descriptor still is what it was. */
function checkIdentity(fd) {
  if (identities[fd] !== '' && identityOf(fd) === identities[fd]) {
    return;
  }
  try {
    writeSync(2, `the program closed or replaced descriptor ${fd}, which the runner needs\n`);
  } finally {
    reallyExit(LOST_DESCRIPTOR);
  }
}

/** Do a system call again while the descriptor is not ready: a program may have made it so. */
function persist(attempt) {
  for (;;) {
    try {
      return attempt();
    } catch (error) {
      if (error.code !== 'EAGAIN' && error.code !== 'EINTR') {
        throw error;
      }
      $.wait(pauseCell, 0, 0, PAUSE_MILLISECONDS);
    }
  }
}

/** Write all the bytes, whatever the size of the steps; at a position, or null for a stream. */
function writeAll(fd, bytes, position) {
  const size = $.typedBytes(bytes);
  // Node reads this property of what it writes, and the program may have redefined the getter.
  $.defineProperty(bytes, 'byteLength', { __proto__: null, value: size, configurable: true });
  let done = 0;
  while (done < size) {
    const at = position === null ? null : position + done;
    // A system call moves at most 2 GiB.
    const step = $.minimum(size - done, 0x40000000);
    done += persist(() => writeSync(fd, bytes, done, step, at));
  }
}

/** Fill the bytes from a descriptor; returns how many were there. */
function readAll(fd, bytes, start, position) {
  const size = $.typedBytes(bytes);
  let done = start;
  while (done < size) {
    const at = position === null ? null : position + done;
    const step = $.minimum(size - done, 0x40000000);
    const part = persist(() => readSync(fd, bytes, done, step, at));
    if (part === 0) {
      break;
    }
    done += part;
  }
  return done;
}

/** The frame of a message's JSON text; null if it is too large. */
function frameOf(text) {
  const body = $.utf8(text);
  const size = $.typedBytes(body);
  if (size > LARGEST_FRAME) {
    return null;
  }
  const header = new $.BytesClass(HEADER_BYTES);
  for (let index = 0, bits = 24; index < HEADER_BYTES; index += 1, bits -= 8) {
    header[index] = (size >>> bits) & 0xff;
  }
  return { __proto__: null, header, body };
}

/** Send a message, given as JSON text; returns false if it is too large. */
function send(text) {
  const frame = frameOf(text);
  if (frame === null) {
    return false;
  }
  checkIdentity(CONTROL);
  $.storeCell(state, WRITING, 1);
  writeAll(CONTROL, frame.header, null);
  writeAll(CONTROL, frame.body, null);
  $.storeCell(state, WRITING, 0);
  return true;
}

/** Send the last message, given as JSON text; nothing may follow it. */
function sendLast(text) {
  $.storeCell(state, ENDING, 1);
  return send(text);
}

/** Become the one who reports the stop; false if it has been reported, or the end has. */
function claimStop(shared) {
  const isQuiet = $.loadCell(shared, WRITING) === 0 && $.loadCell(shared, ENDING) === 0;
  return isQuiet && $.exchangeCell(shared, STOPPED, 0, 1) === 0;
}

/** Whether the stop has been reported; waits a little for that, in a thread of its own. */
function awaitStop(shared) {
  $.wait(shared, STOPPED, 0, STOP_MILLISECONDS);
  return $.loadCell(shared, STOPPED) !== 0;
}

/**
 * Wait for the next frame and return its text; null at the channel's end.
 *
 * The wait is asynchronous, so that a runner that idles can prepare itself meanwhile.
 */
async function receive() {
  const header = $.allocate(HEADER_BYTES);
  const { bytesRead } = await readSoon(CONTROL, header, 0, HEADER_BYTES, null);
  if (bytesRead === 0 || readAll(CONTROL, header, bytesRead, null) < HEADER_BYTES) {
    return null;
  }
  const size = $.readUInt32(header, 0);
  if (size === 0 || size > LARGEST_FRAME) {
    return null;
  }
  const body = $.allocate(size);
  return readAll(CONTROL, body, 0, null) < size ? null : $.bufferText(body, 'utf8');
}

module.exports = {
  __proto__: null,
  LARGEST_FRAME,
  awaitStop,
  checkIdentity,
  claimStop,
  identityOf,
  readAll,
  receive,
  remember,
  send,
  sendLast,
  state,
  writeAll,
};
