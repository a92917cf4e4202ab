/**
 * What happens at SIGINT: tell where the program is, then end it.
 *
 * Lives in the worker's main thread; owns the SIGINT handler and the thread that watches. While
 * the program awaits, the handler runs, and tells what it waits for. While the program is busy no
 * handler can run; then a thread, which reads descriptor 6 (a byte arrives there just before the
 * signal), looks into this one with the inspector, without a port, and ends the process.
 */
'use strict';

const EventEmitter = require('node:events');
const path = require('node:path');
const $ = require('../primordials.js');
const { claimStop, identityOf, send, state } = require('../wire/control.js');
const { notes } = require('../failures/paused_values.js');
const { traceOfMessage } = require('../failures/traces.js');

const STOP = 6;
const STATUS_OF_SIGINT = 130;
const THREAD = path.join(__dirname, 'stop_thread.js');
/**
 * A program with no loop, no method that may be one, and no function that may call itself ends or
 * awaits by itself soon enough.
 */
const MAY_STAY_BUSY = new RegExp(
  String.raw`\b(?:Atomics|class|do|eval|for|Function|import|require|while|with)\b|=>|Sync\b|` +
    String.raw`\bfunction\b(?!\s+transform\b)|\btransform\s*\([^]*\btransform\s*\(|` +
    String.raw`\.\s*(?:at|entries|every|exec|fill|filter|find\w*|flat\w*|from\w*|groupBy|` +
    String.raw`match\w*|padEnd|padStart|reduce\w*|repeat|replace\w*|search|some|sort|split|test)\b`,
);

const { reallyExit, getActiveResourcesInfo } = process;
const listenerCount = $.uncurryThis(EventEmitter.prototype.listenerCount);

const WAITING_FOR = {
  __proto__: null,
  Timeout: 'a timer',
  Immediate: 'a timer',
  TCPSocketWrap: 'a network connection',
  TCPServerWrap: 'a connection from outside',
  TLSWrap: 'a network connection',
  UDPWrap: 'a network packet',
  GetAddrInfoReqWrap: 'the address of a host',
  ProcessWrap: 'a child process',
  FSReqCallback: 'a file',
  FSReqPromise: 'a file',
  FSEventWrap: 'a change of a file',
  Worker: 'a thread',
};

let thread = null;
let isListening = false;
let running = null;

/** Whether somebody will tell of the stop on descriptor 6. */
const isAnnounced = () => identityOf(STOP) !== '';

/** Start the thread, unless it runs or nothing would wake it. */
function watch() {
  if (thread !== null || !isAnnounced()) {
    return;
  }
  const { SHARE_ENV, Worker } = require('node:worker_threads');
  thread = new Worker(THREAD, {
    argv: [],
    env: SHARE_ENV,
    execArgv: [],
    stderr: false,
    stdout: false,
    trackUnmanagedFds: false,
    workerData: { notes, state, stop: STOP },
  });
  // Without the thread a busy program is ended by its owner, and its place stays unknown.
  thread.on('error', () => {});
  thread.unref();
}

/** Whether a thread is the one that watches. */
const isOwn = (worker) => worker === thread;

/** In words, what the event loop waits for. */
function waitingFor() {
  const resources = $.apply(getActiveResourcesInfo, process, []);
  let words = '';
  for (let index = 0; index < resources.length; index += 1) {
    const word = WAITING_FOR[resources[index]];
    if (word !== undefined && !$.includes(words, word)) {
      words += words === '' ? word : ` and ${word}`;
    }
  }
  return words === '' ? 'a promise' : words;
}

/** The handler; a program that handles SIGINT itself is left to its own clean-up. */
function report(token) {
  if (claimStop(state)) {
    const message = `the program was stopped while it waited for ${waitingFor()}`;
    const trace = $.jsonStringify(traceOfMessage('Interrupted', message));
    send(`{"type":"stopped","token":${$.jsonStringify(token)},"trace":${trace}}`);
  }
  if (listenerCount(process, 'SIGINT') <= 1) {
    reallyExit(STATUS_OF_SIGINT);
  }
}

/** Handle SIGINT from now on; before there is a program it means nothing. */
function listen() {
  if (!isListening) {
    isListening = true;
    process.on('SIGINT', () => running !== null && report(running));
  }
}

/** Be ready for a stop of this program; to be called before it runs. */
function prepare(program, token) {
  running = token;
  listen();
  if (MAY_STAY_BUSY.test(program.source)) {
    watch();
  }
  thread?.postMessage({ program: { ...program }, token });
}

module.exports = { __proto__: null, isOwn, listen, prepare };
