/**
 * The program's worker threads: how many there are, and what they have printed so far.
 *
 * Lives in the worker's main thread, through whose event loop the prints of all threads go: a
 * thread hands over one print, and the next ones when it is asked for more. What a thread prints
 * before it posts a message would come behind that message, and after the program's value.
 */
'use strict';

const $ = require('../primordials.js');

const { clearTimeout, process, setTimeout } = globalThis;
const PromiseClass = Promise;

/** Rounds without a print after which there is none any more. */
const QUIET_ROUNDS = 3;
const MOST_ROUNDS = 1000;
/** A thread answers at once, in the middle of what it does: the rest of that needs its time. */
const PAUSE_MILLISECONDS = 8;
/** A thread that does not answer for so long is blocked. */
const LONGEST_MILLISECONDS = 50;

const alive = new $.SetClass();

/** Count threads from now on; `isOwn` tells which one is the runner's. */
function listen(isOwn) {
  process.on('worker', (thread) => {
    if (!isOwn(thread)) {
      $.setAdd(alive, thread);
      thread.on('exit', () => $.setDelete(alive, thread));
    }
  });
}

/** The threads that are there. */
function list() {
  const threads = $.bareList();
  $.forEachInSet(alive, (thread) => {
    threads[threads.length] = thread;
  });
  return threads;
}

/** How many threads there are. */
const count = () => list().length;

const printed = () => process.stdout.bytesWritten + process.stderr.bytesWritten;

const pause = (milliseconds) => new PromiseClass((resolve) => setTimeout(resolve, milliseconds));

/** A promise that every thread has answered or ended, or that it has had the time to. */
function answers(threads) {
  // Node.js before 22.16 cannot ask.
  if (typeof threads[0].getHeapStatistics !== 'function') {
    return undefined;
  }
  return new PromiseClass((resolve) => {
    const timer = setTimeout(resolve, LONGEST_MILLISECONDS);
    let open = threads.length;
    const answered = () => {
      open -= 1;
      if (open === 0) {
        clearTimeout(timer);
        resolve();
      }
    };
    for (let index = 0; index < threads.length; index += 1) {
      // One that cannot answer is about to end, and hands over what it has before it does.
      const end = () => threads[index].once('exit', answered);
      threads[index].getHeapStatistics().then(answered, end);
    }
  });
}

/** Let what threads have printed arrive; at once where there are none. */
async function flush() {
  let quiet = 0;
  for (let rounds = 0; quiet < QUIET_ROUNDS && rounds < MOST_ROUNDS; rounds += 1) {
    const threads = list();
    if (threads.length === 0) {
      return;
    }
    const before = printed();
    await answers(threads);
    await pause(PAUSE_MILLISECONDS);
    quiet = printed() === before ? quiet + 1 : 0;
  }
}

module.exports = { __proto__: null, count, flush, listen };
