/**
 * Goes once through what every run does, while the runner stands by.
 *
 * Lives in the worker; leaves nothing behind. The first call of each function compiles it: this way
 * that is done before it is waited for.
 */
'use strict';

const arrow = require('./arrow.js');
const bindings = require('./bindings.js');
const evaluate = require('./evaluate.js');
const parser = require('./parser.js');
const pauses = require('./pauses.js');
const stop = require('./stop.js');
const { decode } = require('./decode.js');
const { makeDisplay } = require('./display.js');
const { encode } = require('./encode.js');
const { programOf } = require('./program.js');

const FILE = '<cell>';
const REQUEST = '{"inputs":{"codec":"tree","inline":{"x":[1,"a",{"y":0.5}]}}}';

/** Rehearse a run. */
function rehearse() {
  parser.load();
  arrow.prepare();
  stop.listen();
  decode(JSON.parse(REQUEST).inputs, REQUEST);
  makeDisplay('');
  bindings.bindModule(FILE);
  const program = programOf({ source: '1 + 1', filename: FILE, first_line: 1 });
  const [, value] = evaluate.prepare(program, 'transform')();
  encode(value);
  setTimeout(pauses.attach, 0).unref();
}

module.exports = { __proto__: null, rehearse };
