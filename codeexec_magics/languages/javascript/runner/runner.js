/**
 * The runner for JavaScript: speaks the protocol on descriptor 3 and runs one program.
 *
 * Lives in the worker, a Node process of one run. PROTOCOL.md is what it follows. The first thing
 * it does is to look at Node's version, since nothing here can be expected of an older one.
 */
'use strict';

const OLDEST = [20, 12];
const UNUSABLE = 122;
// Other runtimes call themselves Node.js, too, as far as its version goes.
const other = process.versions.bun
  ? `Bun ${process.versions.bun}`
  : globalThis.Deno
    ? `Deno ${globalThis.Deno.version.deno}`
    : '';
if (other !== '') {
  process.stderr.write(
    `cannot run JavaScript: ${process.execPath} is ${other}; Node.js is needed: ` +
      `pip install "codeexec_magics[js]" brings it\n`,
  );
  process.exit(UNUSABLE);
}
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
  process.stderr.write(
    `codeexec_magics needs Node.js ${OLDEST.join('.')} or newer, and ${process.execPath} is ` +
      `${process.versions.node}; pip install "codeexec_magics[js]" brings one\n`,
  );
  process.exit(UNUSABLE);
}

const path = require('node:path');
const modules = require('./modules.js');

const $ = modules.load('./primordials.js');
const control = modules.load('./wire/control.js');
const streams = modules.load('./output/streams.js');
const { rehearse } = modules.load('./running/rehearsal.js');
const { execute } = modules.load('./running/run.js');

const VERSION = 1;
const OWN_DESCRIPTORS = [3, 4, 5];
/** A runner that idles this long is a standby, and has the time for what a program may need. */
const STANDBY_MILLISECONDS = 25;
const STACK_FRAMES = 50;

/** Let `node`, and what comes with it, be the one that runs, for what the program starts. */
function putOnPath() {
  const folder = path.dirname(process.execPath);
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  if (folders[0] !== folder) {
    process.env.PATH = [folder, ...folders].join(path.delimiter);
  }
}

/** The words of our command; the program sees nothing of them, nor of the one that is Node's. */
const words = process.argv.splice(2, Infinity);
process.execArgv = process.execArgv.filter((word) => !word.startsWith('--min-semi-space-size='));

/** Let the program find none of our modules in the cache that it sees. */
function hideModules() {
  delete require.cache[__filename];
  delete require.cache[path.join(__dirname, 'modules.js')];
}

let preparation = null;

/** Use the time that nobody waits for, in steps, so that a run does not wait for all of them. */
function prepareBy(step, milliseconds) {
  preparation = setTimeout(() => step() && prepareBy(modules.prepare, 0), milliseconds);
}

async function main() {
  const isTyped = words.includes('--typescript');
  // Not loaded for JavaScript: what a process has in memory, its end takes time to give back.
  const typescript = isTyped ? modules.load('./source/typescript.js') : null;
  if (isTyped && typescript.missing() !== '') {
    process.stderr.write(typescript.missing());
    process.reallyExit(UNUSABLE);
  }

  OWN_DESCRIPTORS.forEach(control.remember);
  hideModules();
  streams.block();
  streams.colour();
  putOnPath();
  Error.stackTraceLimit = STACK_FRAMES;
  if (isTyped) {
    typescript.rehearse(); // each program needs it, and its time begins later
  }
  const { version } = process;
  const language = isTyped ? 'typescript' : 'javascript';
  control.send(JSON.stringify({ type: 'ready', protocol: VERSION, language, version }));

  // Some milliseconds that nobody waits for. The thread that watches is not started ahead: it is as
  // large as the program's own, and takes as long to go.
  const first = () => {
    rehearse(words);
    return true;
  };
  prepareBy(first, STANDBY_MILLISECONDS);
  const text = await control.receive();
  clearTimeout(preparation);
  const request = text === null ? null : JSON.parse(text);
  if (request?.type !== 'run') {
    process.reallyExit(UNUSABLE);
  }
  await execute(request, text, typescript);
}

$.apply(main, undefined, []);
