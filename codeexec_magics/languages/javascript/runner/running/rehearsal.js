/**
 * Goes once through what every run does, while the runner stands by.
 *
 * Lives in the worker; leaves nothing behind. The first call of each function compiles it: this way
 * that is done before it is waited for.
 */
'use strict';

const arrow = require('../frames/arrow.js');
const bindings = require('../source/bindings.js');
const evaluate = require('../source/evaluate.js');
const parser = require('../source/parser.js');
const pauses = require('../failures/paused_values.js');
const stop = require('./stop.js');
const { decode } = require('../values/decode.js');
const { makeDisplay } = require('../output/display.js');
const { encode } = require('../values/encode.js');
const { programOf } = require('../source/program.js');

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
  encode(evaluate.prepare(program, 'transform')()[1]);
  setTimeout(pauses.attach, 0).unref();
}

module.exports = { __proto__: null, rehearse };
