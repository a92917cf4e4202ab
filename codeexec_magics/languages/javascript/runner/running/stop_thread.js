/**
 * Looks where a busy program is when it is to stop, tells it, and ends the process.
 *
 * Lives in a thread of the worker; owns descriptor 6. It writes to control while the main thread
 * is paused between two frames, and never otherwise.
 */
'use strict';

const inspector = require('node:inspector');
const net = require('node:net');
const { parentPort, workerData } = require('node:worker_threads');
const { awaitStop, claimStop, remember, send } = require('../wire/control.js');
const { asWritten, frameAt, isRuntime, nameFile, pathOf } = require('../failures/stack_frames.js');

const CONTROL = 3;
/** Programs that handle SIGINT themselves have a listener beside the runner's. */
const LISTENERS = "process.listenerCount('SIGINT')";
const OWN_LISTENERS = 1;
const MOST_ATTEMPTS = 100;

let run = null;
let isAnnounced = false;

/** The frames of a paused thread, outermost call first, without the runtime's. */
function framesOf(callFrames, files) {
  const frames = [];
  for (const { functionName, location } of callFrames) {
    const file = pathOf(files.get(location.scriptId) ?? '');
    if (!isRuntime(file)) {
      const [line, column] = [location.lineNumber + 1, location.columnNumber + 1];
      const place = asWritten(run.program, { file, line, column, function: functionName });
      frames.unshift(frameAt(run.program, place, null));
    }
  }
  return frames;
}

/** What the paused thread has written down: `{file, line, values}` of its innermost place. */
function noted() {
  const bytes = Buffer.from(workerData.notes);
  try {
    return JSON.parse(bytes.toString('utf8', 0, bytes.indexOf(0)));
  } catch {
    return {};
  }
}

/** Add the values to the frame that they belong to. */
function addValues(frames) {
  const place = noted();
  const frame = frames.findLast(({ user }) => user);
  if (frame !== undefined && frame.file === place.file && frame.line === place.line) {
    frame.values = place.values;
  }
}

function textOf({ type, message, frames }) {
  const lines = frames.map(({ file, line, column, function: name }) => {
    const where = `${file}:${line}:${column}`;
    return `\n    at ${name ? `${name} (${where})` : where}`;
  });
  return `${type}: ${message}${lines.reverse().join('')}`;
}

/** Report the frames. */
function tell(frames) {
  const trace = { type: 'Interrupted', message: 'the program was stopped here', frames };
  const text = textOf(trace);
  send(JSON.stringify({ type: 'stopped', token: run.token, trace: { ...trace, text } }));
}

/** Let the program go on if it handles SIGINT itself, else end the process at once. */
function conclude(session) {
  session.post('Runtime.evaluate', { expression: LISTENERS, silent: true }, (_, answer) => {
    if (answer?.result.value > OWN_LISTENERS) {
      session.disconnect();
    } else {
      // Not by `process.exit`: it would run handlers of a program that is to stop.
      process.kill(process.pid, 'SIGKILL');
    }
  });
}

/**
 * Pause the main thread and report, if code of the program is on its stack and no frame half sent.
 *
 * Else it runs the runner or Node's own code between two steps of the program: try again.
 */
function stop() {
  const session = new inspector.Session();
  const files = new Map();
  let attempts = 0;
  session.connectToMainThread();
  session.on('Debugger.scriptParsed', ({ params }) => files.set(params.scriptId, params.url));
  session.on('Debugger.paused', ({ params }) => {
    const frames = framesOf(params.callFrames, files);
    attempts += 1;
    if (frames.length > 0 && claimStop(workerData.state)) {
      // Its answer comes when the paused thread has written down what it saw.
      session.post('Runtime.getHeapUsage', () => {
        addValues(frames);
        tell(frames);
        conclude(session);
      });
    } else if (attempts < MOST_ATTEMPTS) {
      session.post('Debugger.resume');
      session.post('Debugger.pause');
    } else {
      session.disconnect();
    }
  });
  session.post('Debugger.enable');
  session.post('Debugger.pause');
}

/** Stop the program once both are there, in whatever order they came: it, and the announcement. */
function stopIfDue() {
  if (isAnnounced && run !== null && !awaitStop(workerData.state)) {
    stop();
  }
}

parentPort.once('message', (message) => {
  run = message;
  nameFile(run.program);
  stopIfDue();
});
remember(CONTROL);
const announcement = new net.Socket({ fd: workerData.stop, readable: true, writable: false });
announcement.once('data', () => {
  isAnnounced = true;
  stopIfDue();
});
announcement.on('error', () => {});
