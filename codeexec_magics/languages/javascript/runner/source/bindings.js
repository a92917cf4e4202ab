/**
 * What a program finds in its global scope: its inputs, `inputs`, `require` and its kin, `display`.
 *
 * Lives in the worker and works before the program runs. Everything is a configurable property, so
 * that the program may declare a name of its own in its place.
 */
'use strict';

const Module = require('node:module');
const path = require('node:path');
const { pathToFileURL } = require('node:url');

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u;

/** The program's own module. */
let own = null;

function bind(name, value, enumerable) {
  const present = Object.getOwnPropertyDescriptor(globalThis, name);
  if (present === undefined || present.configurable) {
    Object.defineProperty(globalThis, name, {
      value,
      writable: true,
      enumerable,
      configurable: true,
    });
  }
}

/** Make the cell a module of its own; its paths begin at the current directory or its file. */
function bindModule(filename) {
  const place = path.isAbsolute(filename) ? filename : path.join(process.cwd(), filename);
  const module = new Module(place);
  own = module;
  module.filename = place;
  module.paths = Module._nodeModulePaths(path.dirname(place));
  // As in a script that node itself was given: `require.main === module`, no runner in sight.
  process.mainModule = module;
  process.argv.splice(1, Infinity, place);
  bind('require', Module.createRequire(pathToFileURL(place)), false);
  bind('module', module, false);
  bind('exports', module.exports, false);
  bind('__filename', place, false);
  bind('__dirname', path.dirname(place), false);
}

/** Bind each input whose name is an identifier, and all of them as `inputs`. */
function bindInputs(inputs) {
  for (const name of Object.keys(inputs)) {
    if (IDENTIFIER.test(name)) {
      bind(name, inputs[name], true);
    }
  }
  if (!Object.hasOwn(inputs, 'inputs')) {
    bind('inputs', inputs, true);
  }
}

/** What the program's module exports. */
const exported = () => own.exports;

/** The function by which the program finds its packages, whatever it has made of its own. */
const requireOfProgram = () => Module.createRequire(own.filename);

/** What `import.meta` is in the program. */
function importMeta() {
  const { filename } = own;
  const url = pathToFileURL(filename).href;
  const { resolve } = Module.createRequire(url);
  const resolveUrl = (specifier) => {
    const found = /^(?:[a-z]+:)/i.test(specifier) ? specifier : resolve(specifier);
    return Module.isBuiltin(found) || found === specifier ? found : pathToFileURL(found).href;
  };
  return { __proto__: null, dirname: own.path, filename, main: true, resolve: resolveUrl, url };
}

module.exports = {
  __proto__: null,
  bind,
  bindInputs,
  bindModule,
  exported,
  importMeta,
  requireOfProgram,
};
