/**
 * One run, from its `run` message to the last message.
 *
 * Lives in the worker. After the last message the process ends at once: no timers, no handlers of
 * the program.
 */
'use strict';

const EventEmitter = require('node:events');
const $ = require('../primordials.js');
const bindings = require('../source/bindings.js');
const calling = require('./calling.js');
const { sendLast } = require('../wire/control.js');
const { decode } = require('../values/decode.js');
const { makeDisplay, showsItself } = require('../output/display.js');
const dtypes = require('../values/dtypes.js');
const { encode } = require('../values/encode.js');
const evaluate = require('../source/evaluate.js');
const outputs = require('../source/outputs.js');
const pauses = require('../failures/paused_values.js');
const pending = require('./pending.js');
const { programOf } = require('../source/program.js');
const { Refusal, attempt } = require('../refusal.js');
const schemas = require('../frames/schemas.js');
const stop = require('./stop.js');
const threads = require('./threads.js');
const { partsUsed } = require('../used.js');
const { nameFile } = require('../failures/stack_frames.js');
const visibleStacks = require('../failures/visible_stacks.js');
const { traceOf, traceOfMessage } = require('../failures/traces.js');

const { process, setImmediate } = globalThis;
const { emit: processEmit, kill, nextTick, pid, reallyExit } = process;
const PromiseClass = Promise;
const FunctionPrototype = Function.prototype;
const { apply: functionApply } = FunctionPrototype;
const reject = Promise.reject.bind(Promise);
const listenerCount = $.uncurryThis(EventEmitter.prototype.listenerCount);
const emit = $.uncurryThis(EventEmitter.prototype.emit);

/** Characters of the message that are told of a failure whose trace is too large for a frame. */
const LONGEST_RESCUE = 1000;
const NAMES = { __proto__: null, encoding: 'EncodingFailed', decoding: 'DecodingFailed' };
/** What our own rejection is rejected with. */
const SETTLED = { __proto__: null };
const UNSETTLED =
  'the result is a promise that never settles: nothing is left that the program could wait for';

let onSettled = null;

/** The last word of a run; whoever speaks first ends the process. */
class Ending {
  /** A line for the card. */
  remark = '';

  #token;

  #program;

  constructor(token, program) {
    this.#token = $.jsonStringify(token);
    this.#program = program;
  }

  /**
   * Send the value's descriptor, given as JSON text, the names for which there is none, and what of
   * the program ends with it.
   */
  result(value, missing) {
    const lack = missing.length === 0 ? '' : `,"missing":${$.jsonStringify(missing)}`;
    const left = attempt(pending.pending, { __proto__: null });
    const rest = $.objectKeys(left).length === 0 ? '' : `,"pending":${$.jsonStringify(left)}`;
    const said = this.remark === '' ? '' : `,"remark":${$.jsonStringify(this.remark)}`;
    const loaded = `,"loaded":${partsUsed()}`;
    const about = `${lack}${loaded},"value":${value}${rest}${said}`;
    if (!sendLast(`{"type":"result","token":${this.#token}${about}}`)) {
      this.#error(
        traceOfMessage('EncodingFailed', 'result names more buffers than a message holds'),
        'encoding',
      );
    }
    // Not by an exit, which takes the runtime apart first: everything has been said and written.
    kill(pid, 'SIGKILL');
  }

  /** Send what the program threw. */
  thrown(value) {
    this.#error(traceOf(this.#program, value), 'program');
  }

  /** Send that a value cannot travel. */
  refused(refusal, kind, root) {
    this.#error(traceOfMessage(NAMES[kind], refusal.message(root)), kind, refusal.path(root));
  }

  /** Send that there is nothing to call for each item. */
  unmappable(entry) {
    const what = `there is no function to map: define ${entry}(item), or let the last expression be one`;
    this.#error(traceOfMessage('TypeError', what), 'program');
  }

  /** Send that the function that is mapped gives nothing that could be kept. */
  giftless() {
    const what = 'the function gives no value: end it with `return …`';
    this.#error(traceOfMessage('NoValue', what), 'program');
  }

  /** Send that nothing can settle the program's promise any more. */
  unsettled() {
    this.#error(traceOfMessage('UnsettledPromise', UNSETTLED), 'program');
  }

  #error(trace, kind, path = '') {
    const about = `"kind":"${kind}","path":${$.jsonStringify(path)}`;
    const sendTrace = (sent) =>
      sendLast(`{"type":"error","token":${this.#token},${about},"trace":${$.jsonStringify(sent)}}`);
    if (!sendTrace(trace)) {
      sendTrace(traceOfMessage(trace.type, $.slice(trace.message, 0, LONGEST_RESCUE)));
    }
    reallyExit(1);
  }
}

/** Report what escapes the program, unless it has handlers of its own for that. */
function catchEscapes(ending) {
  process.on('uncaughtException', (error) => {
    if (listenerCount(process, 'uncaughtException') <= 1) {
      ending.thrown(error);
    }
  });
  process.on('unhandledRejection', (reason) => {
    if (reason === SETTLED) {
      onSettled();
      return;
    }
    if (listenerCount(process, 'unhandledRejection') > 1) {
      return;
    }
    if (listenerCount(process, 'uncaughtException') > 1) {
      emit(process, 'uncaughtException', reason, 'unhandledRejection');
      return;
    }
    ending.thrown(reason);
  });
  process.on('beforeExit', () => ending.unsettled());
}

/** Whether Node itself can still do a step of its loop: a program may have broken what it uses. */
const isSound = () =>
  process.emit === processEmit &&
  FunctionPrototype.apply === functionApply &&
  !$.hasOwn($.ArrayPrototype, 0) &&
  !$.hasOwn($.ObjectPrototype, 0) &&
  !$.hasOwn($.ObjectPrototype, 'get');

/**
 * A promise of the time when every microtask has run, and every rejection that nobody handles is
 * told.
 *
 * Node tells them in the order in which they came, and before anything of the event loop: so the
 * last one is ours, and no timer of the program runs that would not have run. Where the program
 * listens itself, or has something for the very next turn of the loop, it is that turn.
 */
function settle() {
  if (!isSound()) {
    return undefined;
  }
  return new PromiseClass((resolve) => {
    onSettled = resolve;
    if (listenerCount(process, 'unhandledRejection') === 1 && !pending.isDueSoon()) {
      nextTick(() => reject(SETTLED));
    } else {
      setImmediate(resolve);
    }
  });
}

/** The decoded inputs; ends the process if they cannot be. */
function inputsOf(request, text, ending) {
  dtypes.cutInstants(request.settings?.milliseconds !== undefined);
  try {
    return decode(request.inputs, text);
  } catch (error) {
    return ending.refused(Refusal.within(error, ''), 'decoding', 'inputs');
  }
}

/** Bind what the program finds; returns how its value is shown, and what is still being displayed. */
function bindAll(request, inputs) {
  const { display, progress, show, unfinished } = makeDisplay(request.token);
  bindings.bindModule(request.file ?? request.filename);
  bindings.bind('display', display, false);
  bindings.bind('progress', progress, false);
  bindings.bindInputs(inputs);
  return { __proto__: null, show, unfinished };
}

/** Send the value, or why it cannot travel; where no name wants it, it may be shown instead. */
async function conclude(value, missing, { keep }, show, ending) {
  let encoded = null;
  pauses.finish();
  try {
    encoded = keep === false && showsItself(value) ? null : encode(value);
  } catch (refusal) {
    if (keep !== false) {
      ending.refused(refusal, 'encoding', 'result');
    }
  }
  ending.result(encoded ?? `{"codec":"tree","inline":${await show(value)}}`, missing);
}

/** Have the names of rows that are not there be known, where the value is a choice of none. */
function rememberNames(value, program, { entry, outputs: names = [] }, inputs) {
  if ($.isArray(value) && value.length === 0 && schemas.areKnown()) {
    require('../frames/copies.js').remember(value, program, entry, names, inputs);
  }
}

/** What serves items; loaded for a map alone, since it takes a millisecond. */
function itemsOf(program, token) {
  const { Items } = require('./items.js');
  return new Items(program, token);
}

/** Serve items with the program's function, which is its entry or else its value. */
async function mapItems(request, pair, inputs, items, ending) {
  const transform = pair[0] ?? (await pair[1]);
  if (typeof transform !== 'function') {
    ending.unmappable(request.entry);
  }
  if (request.outputs !== undefined && outputs.returnsNothing(transform)) {
    ending.giftless();
  }
  await items.serve(calling.ofItem(transform, inputs), settle);
}

/** Take the types out of a program; ends the process if it is none. */
function strip(typescript, program, ending) {
  try {
    typescript.strip(program);
  } catch (failure) {
    ending.thrown(failure);
  }
}

/** Run the program of a request, whose frame's text is given too; does not return. */
async function execute(request, text, typescript) {
  const program = programOf(request);
  nameFile(program);
  const ending = new Ending(request.token, program);
  if (typescript !== null) {
    strip(typescript, program, ending);
  }
  const inputs = inputsOf(request, text, ending);
  const { show, unfinished } = bindAll(request, inputs);
  const items = request.map === true ? itemsOf(program, request.token) : null;
  stop.prepare(program, request.token);
  pauses.prepare(program);
  visibleStacks.install(program);
  catchEscapes(ending);
  const names = request.outputs ?? [];
  const runtime = outputs.before(names, inputs);
  threads.listen(stop.isOwn);
  pending.listen();
  pending.prepare();
  let settled = [null, []];
  let remark = '';
  try {
    const made = evaluate.prepare(program, request.entry ?? '', names)();
    const pair = $.isArray(made) ? made : await made;
    const transform = pair[0];
    if (items === null) {
      const value = await (transform === undefined ? pair[1] : calling.call(transform, inputs));
      const found = { __proto__: null, program, names, readers: pair[2], runtime };
      settled = names.length === 0 ? [value, []] : await outputs.settle(found, transform, value);
      remark = transform === undefined ? outputs.remark(value, program, request.entry) : '';
      rememberNames(settled[0], program, request, inputs);
    } else {
      await mapItems(request, pair, inputs, items, ending);
    }
    await unfinished();
    await settle();
    if (threads.count() > 0) {
      await threads.flush();
      await settle();
    }
  } catch (error) {
    ending.thrown(error);
  }
  ending.remark = remark;
  await conclude(settled[0], settled[1], request, show, ending);
}

module.exports = { __proto__: null, execute };
