/**
 * `display(value)` and `progress(done, total, text)`: what a program shows while it runs.
 *
 * Lives in the worker; the functions become globals of the program. `show` is for a value that no
 * name wants, and that cannot travel.
 */
'use strict';

const EventEmitter = require('node:events');
const util = require('node:util');
const $ = require('../primordials.js');
const { attempt, typeName } = require('../refusal.js');
const { LARGEST_FRAME, send } = require('../wire/control.js');

const { inspect, types } = util;
const { isUint8Array } = types;

const LONGEST_TEXT = 10_000;
const BRIEF = { __proto__: null, depth: 1, maxArrayLength: 20, maxStringLength: 1000 };
const TIMER = /^(?:Timeout|Immediate)$/;
const JUPYTER_DISPLAY = Symbol.for('Jupyter.display');
const PNG = [0x89, 0x50, 0x4e, 0x47];
const MIME_TYPE = /^[a-z]+\/[\w.+-]+$/i;
const SVG = /^\s*(?:<\?xml[^>]*>\s*)?<svg[\s>]/;
const REPRESENTATIONS = {
  __proto__: null,
  _repr_html_: 'text/html',
  _repr_svg_: 'image/svg+xml',
  _repr_markdown_: 'text/markdown',
  _repr_latex_: 'text/latex',
};

const isObject = (value) =>
  (typeof value === 'object' || typeof value === 'function') && value !== null;

/** Whether a value is a bundle already: a plain object whose keys are MIME types. */
function isBundle(value) {
  const keys =
    isObject(value) && $.getPrototypeOf(value) === $.ObjectPrototype ? $.objectKeys(value) : [];
  for (let index = 0; index < keys.length; index += 1) {
    if ($.execute(MIME_TYPE, keys[index]) === null) {
      return false;
    }
  }
  return keys.length > 0;
}

function isPng(value) {
  for (let index = 0; index < PNG.length; index += 1) {
    if (value[index] !== PNG[index]) {
      return false;
    }
  }
  return true;
}

/** The bundle, or the promise of one, that a value's own methods make; null if it has none. */
function ownBundle(value) {
  if (!isObject(value)) {
    return null;
  }
  const method = value[JUPYTER_DISPLAY] ?? value._repr_mimebundle_;
  if (typeof method === 'function') {
    return $.apply(method, value, []);
  }
  const names = $.objectKeys(REPRESENTATIONS);
  for (let index = 0; index < names.length; index += 1) {
    const name = names[index];
    if (typeof value[name] === 'function') {
      const content = $.apply(value[name], value, []);
      return { __proto__: null, [REPRESENTATIONS[name]]: content, 'text/plain': inspect(value) };
    }
  }
  return null;
}

function hasMethods(value) {
  if (typeof (value[JUPYTER_DISPLAY] ?? value._repr_mimebundle_) === 'function') {
    return true;
  }
  const names = $.objectKeys(REPRESENTATIONS);
  for (let index = 0; index < names.length; index += 1) {
    if (typeof value[names[index]] === 'function') {
      return true;
    }
  }
  return false;
}

/** The bundle of a value that has no methods of its own. */
function plainBundle(value) {
  if (isBundle(value)) {
    return value;
  }
  if (isUint8Array(value) && isPng(value)) {
    const bytes = $.bufferFrom($.typedBuffer(value), $.typedOffset(value), $.typedBytes(value));
    return { __proto__: null, 'image/png': $.bufferText(bytes, 'base64') };
  }
  if (typeof value === 'string' && $.execute(SVG, value) !== null) {
    return { __proto__: null, 'image/svg+xml': value };
  }
  return { __proto__: null, 'text/plain': typeof value === 'string' ? value : inspect(value) };
}

/** Whether what an object holds is a part of Node's, which changes with time. */
const isNodes = (value) =>
  value instanceof EventEmitter || $.execute(TIMER, typeName(value)) !== null;

/** The text of a value that stays in its process. */
function textOf(value) {
  const text = attempt(() => (isNodes(value) ? `[${typeName(value)}]` : inspect(value, BRIEF)), '');
  return $.toWellFormed($.slice(typeof text === 'string' ? text : '', 0, LONGEST_TEXT));
}

/** The functions, for a run whose messages carry this token. */
function makeDisplay(token) {
  const tokenText = $.jsonStringify(token);
  let pending = null;

  function sendBundle(bundle, metadata) {
    if (!isObject(bundle)) {
      throw new $.TypeErrorClass('display: the method returned no bundle of MIME types');
    }
    const content = $.jsonStringify(bundle);
    const about = $.jsonStringify(metadata ?? {});
    if (!send(`{"type":"display","token":${tokenText},"bundle":${content},"metadata":${about}}`)) {
      throw new $.RangeErrorClass(`display: the content is larger than ${LARGEST_FRAME} bytes`);
    }
  }

  async function sendLater(promise, metadata, before) {
    const bundle = await promise;
    await before;
    sendBundle(bundle, metadata);
  }

  /** Show a value, or a bundle of MIME types; returns a promise if the value's own method does. */
  function display(value, metadata) {
    const bundle = ownBundle(value) ?? plainBundle(value);
    if (typeof bundle?.then !== 'function') {
      sendBundle(bundle, metadata);
      return undefined;
    }
    pending = sendLater(bundle, metadata, pending);
    return pending;
  }

  /**
   * Show a value that stays here, and return the JSON text of the node that stands for it.
   *
   * What the value's own methods throw does not fail the program: then its text is shown.
   */
  async function show(value) {
    const name = typeof value === 'function' ? 'function' : typeName(value);
    const type = $.jsonStringify($.toWellFormed(name));
    try {
      const bundle = await ownBundle(value);
      if (bundle !== null) {
        sendBundle(bundle);
        return `{"$":"shown","type":${type}}`;
      }
    } catch {
      // Neither a picture nor HTML.
    }
    return `{"$":"shown","type":${type},"text":${$.jsonStringify(textOf(value))}}`;
  }

  /** Tell how far the program is; without a total only what is done. */
  function progress(done, total = null, text = '') {
    const field = (value) => (typeof value === 'number' && $.isFinite(value) ? `${value}` : 'null');
    const words = $.jsonStringify($.toWellFormed(`${text}`));
    const state = `"done":${field(done)},"total":${field(total)},"text":${words}`;
    send(`{"type":"progress","token":${tokenText},${state}}`);
  }

  /** The promise of what is still being displayed, or null. */
  const unfinished = () => pending;

  return { __proto__: null, display, progress, show, unfinished };
}

/** Whether a value has methods of its own that show it; asks no proxy. */
const showsItself = (value) =>
  isObject(value) && !types.isProxy(value) && attempt(() => hasMethods(value), false);

module.exports = { __proto__: null, makeDisplay, showsItself };
