/**
 * What a program has begun and not awaited: named when it ends, since it ends with it.
 *
 * Lives in the worker's main thread; owns the counts of what was open before the program ran, and
 * of requests that have no answer yet. An open connection by itself is no work: those
 * of a request that is done are kept for the next one.
 */
'use strict';

const channels = require('node:diagnostics_channel');
const $ = require('../primordials.js');
const threads = require('./threads.js');

/** The program may take these away. */
const { process, setImmediate } = globalThis;
const { getActiveResourcesInfo } = process;
const getActiveHandles = process._getActiveHandles;

const FILE = 'FSReqCallback';
/** In words, resources as Node names them; what has no word here is not worth one. */
const WORDS = {
  __proto__: null,
  ConnectWrap: 'connection',
  FSEventWrap: 'file watcher',
  [FILE]: 'file operation',
  FSReqPromise: 'file operation',
  GetAddrInfoReqWrap: 'connection',
  GetNameInfoReqWrap: 'request',
  Immediate: 'timer',
  ProcessWrap: 'child process',
  QueryReqWrap: 'request',
  StatWatcher: 'file watcher',
  TCPConnectWrap: 'connection',
  Timeout: 'timer',
  UDPWRAP: 'socket',
};
/** What Node tells of requests, by `http` and by `fetch`: what it adds to those under way. */
const REQUESTS = {
  __proto__: null,
  'http.client.request.start': 1,
  'http.client.request.error': -1,
  'http.client.response.finish': -1,
  'undici:request:create': 1,
  'undici:request:error': -1,
  'undici:request:headers': -1,
};

let before = { __proto__: null };
let requests = 0;

/** How many resources of each kind of Node's keep the process alive. */
function counts() {
  const found = { __proto__: null };
  const resources = $.apply(getActiveResourcesInfo, process, []);
  for (let index = 0; index < resources.length; index += 1) {
    const kind = resources[index];
    found[kind] = (found[kind] ?? 0) + 1;
  }
  return found;
}

/** Count requests from now on. */
function listen() {
  const names = $.objectKeys(REQUESTS);
  for (let index = 0; index < names.length; index += 1) {
    channels.subscribe(names[index], () => {
      requests += REQUESTS[names[index]];
    });
  }
}

/** Remember what is the runner's; to be called before the program runs. */
function prepare() {
  before = counts();
  // The message that began this run has been read by the next turn of the event loop.
  setImmediate(() => {
    before[FILE] = 0;
  }).unref();
}

/** Whether the program has work for the very next turn of the event loop. */
const isDueSoon = () => (counts().Immediate ?? 0) > 0;

/** How many servers wait for connections. */
function servers() {
  const handles = $.apply(getActiveHandles, process, []);
  let found = 0;
  for (let index = 0; index < handles.length; index += 1) {
    found += handles[index]?.listening === true ? 1 : 0;
  }
  return found;
}

/** What the program has left under way: words and their numbers. */
function pending() {
  const now = counts();
  const words = { __proto__: null };
  const add = (word, number) => {
    if (number > 0) {
      words[word] = (words[word] ?? 0) + number;
    }
  };
  const kinds = $.objectKeys(now);
  for (let index = 0; index < kinds.length; index += 1) {
    const kind = kinds[index];
    if (WORDS[kind] !== undefined) {
      add(WORDS[kind], now[kind] - (before[kind] ?? 0));
    }
  }
  add('request', requests);
  add('worker thread', threads.count());
  add(
    'server',
    now.TCPServerWrap === undefined && now.PipeServerWrap === undefined ? 0 : servers(),
  );
  if (requests > 0) {
    delete words.connection; // it is the request's
  }
  return words;
}

module.exports = { __proto__: null, isDueSoon, listen, pending, prepare };
