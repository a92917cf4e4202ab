/**
 * Serves the items of a map: calls the program's function for each, and sends what comes of them.
 *
 * Lives in the worker. Owns the count of items at the beginning of the outputs arena, by which
 * others tell the item that is being worked on, and the results' place behind it.
 */
'use strict';

const fs = require('node:fs');
const $ = require('../primordials.js');
const { rewindOutput } = require('../wire/arena.js');
const control = require('../wire/control.js');
const { decode } = require('../values/decode.js');
const { encode } = require('../values/encode.js');
const { Refusal } = require('../refusal.js');
const { traceOf, traceOfMessage } = require('../failures/traces.js');

const { fstatSync, ftruncateSync, writeSync } = fs;
const { reallyExit } = process;
const now = $.uncurryThis(performance.now);

const OUTPUTS = 5;
/** Where results begin in the outputs arena. */
const RESULTS = 65536;
const COUNT_BYTES = 8;
const HIGH = 2 ** 32;
/** Milliseconds after which what is done of a batch is told, and the rest is handed back. */
const LONG = 100;
const INLINE = '{"codec":"tree","inline":';

const countBytes = new $.BytesClass(COUNT_BYTES);
const countWords = new Uint32Array(countBytes.buffer);

let place = null;

/**
 * Tell which item is being worked on; an odd number for a whole batch, 0 for none.
 *
 * A program may have put a file of its own in the descriptor's place, which must not be written to.
 */
function count(number) {
  countWords[0] = number % HIGH;
  countWords[1] = number / HIGH;
  try {
    if (fstatSync(OUTPUTS).ino === place) {
      writeSync(OUTPUTS, countBytes, 0, COUNT_BYTES, 0);
      return;
    }
  } catch {
    // It is closed.
  }
  control.checkIdentity(OUTPUTS);
}

/** What an item threw, as the JSON text of a message's field. */
function failureOf(program, thrown) {
  return `{"kind":"program","trace":${$.jsonStringify(traceOf(program, thrown))}}`;
}

/** That a value cannot travel. */
function refusalOf(refusal, kind, name, root) {
  const trace = $.jsonStringify(traceOfMessage(name, refusal.message(root)));
  const path = $.jsonStringify(refusal.path(root));
  return `{"kind":"${kind}","path":${path},"trace":${trace}}`;
}

class Items {
  #program;

  #token;

  #waiting = [];

  #isLent = false;

  #settle = null;

  constructor(program, token) {
    this.#program = program;
    this.#token = $.jsonStringify(token);
    control.checkIdentity(OUTPUTS);
    place = fstatSync(OUTPUTS).ino;
    ftruncateSync(OUTPUTS, RESULTS);
    count(1);
  }

  /**
   * Serve batches until the kernel has no more; the function is called with each item.
   *
   * What is reported is settled before: a rejection that nobody handles ends the process by then.
   */
  async serve(transform, settle) {
    this.#settle = settle;
    count(0);
    for (;;) {
      const text = await this.#next();
      const message = $.jsonParse(text);
      if (message.type !== 'items') {
        return;
      }
      await this.#serve(message, text, transform);
      count(0);
    }
  }

  /** The text of the next message that is no mere acknowledgement. */
  async #next() {
    while (this.#waiting.length === 0) {
      await this.#listen();
    }
    return $.shift(this.#waiting);
  }

  async #listen() {
    const text = await control.receive();
    if (text === null) {
      reallyExit(0);
    }
    if ($.startsWith(text, '{"type":"taken"')) {
      this.#isLent = false;
    } else {
      $.push(this.#waiting, text);
    }
  }

  async #serve(message, text, transform) {
    let began = now(performance);
    let { first } = message;
    count(2 * first + 1);
    let batch;
    try {
      batch = decode(message.value, text);
    } catch (error) {
      const refusal = Refusal.within(error, '');
      const failure = refusalOf(refusal, 'decoding', 'DecodingFailed', 'item');
      this.#send(first, null, began, failure, false);
      return;
    }
    let place = 0;
    while (place < batch.length) {
      const values = [];
      // Answered one by one, an item is never worked on twice.
      const ends = message.each === true ? 0 : began + LONG;
      const failure = await this.#work(batch, place, first, values, transform, ends);
      place += values.length + (failure === null ? 0 : 1);
      count(2 * first + 1);
      await this.#settle();
      const isLate = place < batch.length && now(performance) - began > LONG;
      await this.#report(first, values, began, failure, isLate);
      if (isLate) {
        return; // Others may have the rest: it is more than was thought.
      }
      first = message.first + place;
      began = now(performance);
    }
  }

  /** Call the function for each item up to the first that throws, or until it takes long. */
  async #work(batch, start, first, values, transform, ends) {
    try {
      for (let index = start; index < batch.length; index += 1) {
        count(2 * (first + index - start));
        const value = transform(batch[index]);
        const isThenable = typeof value === 'object' && typeof value?.then === 'function';
        $.push(values, isThenable ? await value : value);
        if (now(performance) > ends) {
          return null;
        }
      }
    } catch (thrown) {
      return failureOf(this.#program, thrown);
    }
    return null;
  }

  /** Send values and the failure behind them; in parts where one of them cannot travel. */
  async #report(first, values, began, failure, isLate) {
    if (values.length === 0) {
      this.#send(first, null, began, failure, isLate);
      return;
    }
    let refusal;
    try {
      if (this.#send(first, await this.#encode(values), began, failure, isLate)) {
        return;
      }
      refusal = new Refusal('', 'is too large for a message', 'return less');
    } catch (error) {
      refusal = Refusal.within(error, '');
    }
    if (values.length > 1) {
      const middle = values.length >>> 1;
      await this.#report(first, $.arraySlice(values, 0, middle), began, null, false);
      await this.#report(first + middle, $.arraySlice(values, middle), began, failure, isLate);
      return;
    }
    const alone = await this.#refusalOf(values[0], refusal);
    const refused = refusalOf(alone, 'encoding', 'EncodingFailed', 'result');
    this.#send(first, null, began, refused, isLate && failure === null);
    if (failure !== null) {
      this.#send(first + 1, null, began, failure, isLate);
    }
  }

  async #encode(value) {
    while (this.#isLent) {
      await this.#listen();
    }
    rewindOutput(RESULTS);
    return encode(value);
  }

  /** Why a value cannot travel, told of the value by itself. */
  async #refusalOf(value, refusal) {
    try {
      await this.#encode(value);
      return refusal;
    } catch (error) {
      return Refusal.within(error, '');
    }
  }

  /** Send a message; returns false if it is too large. */
  #send(first, value, began, failure, isLate) {
    const seconds = (now(performance) - began) / 1000 + 1e-9;
    const fields =
      (value === null ? '' : `,"value":${value}`) +
      (failure === null ? '' : `,"failure":${failure}`) +
      (isLate ? ',"back":true' : '');
    const sent = control.send(
      `{"type":"done","token":${this.#token},"first":${first}${fields},"seconds":${seconds}}`,
    );
    if (sent && value !== null) {
      this.#isLent = !$.startsWith(value, INLINE) || $.includes(value, ',"buffers":[');
    }
    return sent;
  }
}

module.exports = { __proto__: null, Items };
