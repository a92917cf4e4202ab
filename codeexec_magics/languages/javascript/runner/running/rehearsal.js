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

const PARTS = {
  __proto__: null,
  arrow: arrow.prepare,
  debugger: () => setTimeout(pauses.attach, 0).unref(),
  parser: parser.load,
};

/** Rehearse a run, given the words of our command: the parts that it may need are among them. */
function rehearse(words) {
  stop.listen();
  decode(JSON.parse(REQUEST).inputs, REQUEST);
  makeDisplay('');
  bindings.bindModule(FILE);
  const program = programOf({ source: '1 + 1', filename: FILE, first_line: 1 });
  encode(evaluate.prepare(program, 'transform')()[1]);
  for (const name of Object.keys(PARTS)) {
    if (words.includes(`--prepare=${name}`)) {
      PARTS[name]();
    }
  }
}

module.exports = { __proto__: null, rehearse };
