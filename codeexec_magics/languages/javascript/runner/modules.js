/**
 * Loads the runner's modules and packages, with the code that V8 has made of them before.
 *
 * Lives in the worker; works before the program runs. All modules are one script: fifty look-ups,
 * reads and compilations are one. What V8 made of it is kept in `__pycache__`, as Python keeps what
 * it makes of our sources, and under the same terms: who can write there can write to the sources.
 * A standby that finds none makes it, while no program has been in its process; where it may not,
 * all is compiled anew.
 */
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');

/** The program may replace them before a package is wanted. */
const { accessSync, readFileSync, statSync } = fs;
const { Script } = vm;
const { arch, version } = process;
const STORE = path.join(__dirname, '..', '__pycache__');
const INSTALLED = path.join(__dirname, '..', 'node_modules');
const PACKAGES = {
  __proto__: null,
  acorn: path.join(INSTALLED, 'acorn', 'dist', 'acorn.js'),
  '@uwdata/flechette': path.join(INSTALLED, '@uwdata', 'flechette', 'dist', 'flechette.cjs'),
};
const RUNNER = 'runner';
const PARAMETERS = 'exports, require, module, __filename, __dirname';
/** What is older was left by a standby that was ended, or is not made again in vain. */
const OLD_MILLISECONDS = 60_000;

const isThere = (file) => fs.existsSync(file);
const isOld = (file) => Date.now() - statSync(file).mtimeMs > OLD_MILLISECONDS;

/** The files of a bundle. */
function filesOf(name) {
  if (name !== RUNNER) {
    return [PACKAGES[name]];
  }
  return fs
    .readdirSync(__dirname, { recursive: true })
    .filter((file) => file.endsWith('.js'))
    .map((file) => path.join(__dirname, file));
}

/** One script of some files, whose value has a function for each; a character is a byte. */
function textOf(files) {
  const functions = files.map((file) => {
    const source = readFileSync(file, 'utf8');
    // By where it stands beside us: the folder may be moved, or copied.
    return `${JSON.stringify(path.relative(__dirname, file))}: function (${PARAMETERS}) {${source}\n}`;
  });
  const asEscape = (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return `({\n${functions.join(',\n')}\n})`.replace(/[^\0-\xff]/g, asEscape);
}

const compile = (name, text, cachedData) =>
  new Script(text, { filename: path.join(__dirname, name), cachedData });

const storeOf = (name) => path.join(STORE, `${path.basename(name)}-${version}-${arch}.bin`);

/** A file as it is now: its place, its size, and when it was changed. */
function stateOf(file) {
  const { size, mtimeMs } = statSync(file);
  return [path.relative(__dirname, file), size, mtimeMs];
}

const isAsItWas = ([file, size, mtimeMs]) => {
  const now = statSync(path.join(__dirname, file));
  return now.size === size && now.mtimeMs === mtimeMs;
};

/** What was kept of a bundle, as `{text, data}`; null if its files have changed since. */
function keptOf(name) {
  try {
    const bytes = readFileSync(storeOf(name));
    const end = bytes.indexOf('\n');
    const { files, length, size } = JSON.parse(bytes.utf8Slice(0, end));
    const start = end + 1 + length;
    return start + size === bytes.length && files.every(isAsItWas)
      ? { text: bytes.latin1Slice(end + 1, start), data: bytes.subarray(start) }
      : null;
  } catch {
    return null;
  }
}

/** Bundle → the functions of its modules, by their files. */
const opened = { __proto__: null };
/** Bundle → whether it is to be kept (again). */
const isLacking = { __proto__: null };

function open(name) {
  if (opened[name] === undefined) {
    const kept = keptOf(name);
    const script = compile(name, kept?.text ?? textOf(filesOf(name)), kept?.data);
    // Refused is what was made with other flags than today's.
    isLacking[name] = kept === null || (script.cachedDataRejected && isOld(storeOf(name)));
    opened[name] = script.runInThisContext();
  }
  return opened[name];
}

const loaded = new Map();

/** The exports of a module of a bundle. */
function moduleOf(bundle, file) {
  let module = loaded.get(file);
  if (module === undefined) {
    module = { exports: {} };
    loaded.set(file, module);
    const folder = path.dirname(file);
    const run = open(bundle)[path.relative(__dirname, file)];
    run.call(module.exports, module.exports, requireFrom(folder), module, file, folder);
  }
  return module.exports;
}

/** The function `require` of modules in a folder. */
function requireFrom(folder) {
  const load = (name) => {
    if (name.startsWith('.')) {
      return moduleOf(RUNNER, path.join(folder, name));
    }
    return PACKAGES[name] === undefined ? require(name) : moduleOf(name, PACKAGES[name]);
  };
  load.resolve = (name) => accessSync(PACKAGES[name]) ?? PACKAGES[name];
  return load;
}

/** The code of a text, of functions that nobody has called yet, too. */
function codeOf(name, text) {
  const v8 = require('node:v8');
  v8.setFlagsFromString('--no-lazy');
  let script;
  try {
    script = compile(name, text);
  } finally {
    v8.setFlagsFromString('--lazy');
  }
  return script.createCachedData();
}

function keep(name) {
  const files = filesOf(name);
  // Not the very text that this process has compiled, or V8 would take that.
  const text = `${textOf(files)}\n`;
  const code = codeOf(name, text);
  const head = { files: files.map(stateOf), length: text.length, size: code.length };
  const parts = [Buffer.from(`${JSON.stringify(head)}\n`), Buffer.from(text, 'latin1'), code];
  const unfinished = `${storeOf(name)}.new`;
  if (isThere(unfinished) && isOld(unfinished)) {
    fs.rmSync(unfinished);
  }
  fs.mkdirSync(STORE, { recursive: true });
  fs.writeFileSync(unfinished, Buffer.concat(parts), { flag: 'wx' });
  fs.renameSync(unfinished, storeOf(name));
}

/** Keep one bundle that is not kept, if that may be; returns whether there may be more. */
function prepare() {
  const name = [RUNNER, ...Object.keys(PACKAGES).filter((key) => isThere(PACKAGES[key]))].find(
    (key) => isLacking[key] ?? !isThere(storeOf(key)),
  );
  if (name === undefined) {
    return false;
  }
  isLacking[name] = false;
  try {
    keep(name);
  } catch {
    // Somebody else does, or nobody may.
  }
  return true;
}

module.exports = { __proto__: null, load: requireFrom(__dirname), prepare };
