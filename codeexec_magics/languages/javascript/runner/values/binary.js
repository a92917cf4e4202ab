/**
 * Bytes and typed arrays → nodes whose bulk stands in the outputs arena.
 *
 * Lives in the worker and works after the program.
 */
'use strict';

const { isUint8Array } = require('node:util').types;
const $ = require('../primordials.js');
const dtypes = require('./dtypes.js');
const { originOf } = require('./provenance.js');

const LARGEST_INLINE_BYTES = 1024;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** The memory of a view or a buffer as bytes. */
function bytesOf(value) {
  if (!$.isView(value)) {
    return new $.BytesClass(value);
  }
  if ($.typedTag(value) === undefined) {
    return new $.BytesClass($.viewBuffer(value), $.viewOffset(value), $.viewBytes(value));
  }
  return new $.BytesClass($.typedBuffer(value), $.typedOffset(value), $.typedBytes(value));
}

/** Whether a value is a Buffer, which stands for bytes; a plain Uint8Array is an array of numbers. */
const isBuffer = (value) => isUint8Array(value) && $.getPrototypeOf(value) === $.BufferPrototype;

/** Bytes as base64, by hand: `Buffer` reads properties that a program can redefine. */
function base64(bytes) {
  const size = $.typedBytes(bytes);
  let text = '';
  for (let index = 0; index < size; index += 3) {
    const triple = (bytes[index] << 16) | ((bytes[index + 1] ?? 0) << 8) | (bytes[index + 2] ?? 0);
    text += ALPHABET[triple >> 18] + ALPHABET[(triple >> 12) & 63];
    text += index + 1 < size ? ALPHABET[(triple >> 6) & 63] : '=';
    text += index + 2 < size ? ALPHABET[triple & 63] : '=';
  }
  return text;
}

function bytesNode(value, writer) {
  const kind = originOf(value)?.kind === 'bytearray' ? 'bytearray' : 'bytes';
  const bytes = bytesOf(value);
  if ($.typedBytes(bytes) > LARGEST_INLINE_BYTES) {
    return `{"$":"${kind}","b":${writer.addBuffer(bytes)}}`;
  }
  return `{"$":"${kind}","v":"${base64(bytes)}"}`;
}

function shapeText(shape) {
  let text = '';
  for (let index = 0; index < shape.length; index += 1) {
    text += `${index === 0 ? '' : ','}${shape[index]}`;
  }
  return `[${text}]`;
}

function packedNode(dtype, shape, bytes, writer, was) {
  const buffer = writer.addBuffer(bytes);
  const before = was === undefined ? '' : `,"was":"${was}"`;
  return `{"$":"array","dtype":"${dtype}","shape":${shapeText(shape)},"b":${buffer}${before}}`;
}

/** Put the items of nested arrays into one list; false if they do not have the shape any more. */
function flatten(value, shape, level, items) {
  const isTyped = $.isView(value) && $.typedTag(value) !== undefined;
  if (!isTyped && !$.isArray(value)) {
    return false;
  }
  const length = isTyped ? $.typedLength(value) : value.length;
  if (length !== shape[level]) {
    return false;
  }
  for (let index = 0; index < length; index += 1) {
    if (level + 1 === shape.length) {
      items[items.length] = value[index];
    } else if (!flatten(value[index], shape, level + 1, items)) {
      return false;
    }
  }
  return true;
}

/** The node of an array whose items go one by one; null if they do not fit the dtype. */
function itemsNode(dtype, shape, items, writer) {
  let text = '';
  for (let index = 0; index < items.length; index += 1) {
    if ($.indexOf(dtype, 'U') >= 0 && typeof items[index] !== 'string') {
      return null;
    }
    text += (index === 0 ? '' : ',') + writer.node(items[index]);
  }
  return `{"$":"array","dtype":"${dtype}","shape":${shapeText(shape)},"v":[${text}]}`;
}

/** The node of an array that came from numpy; null if its content does not fit the dtype. */
function arrayNode(value, { dtype, shape, was, isOfItems }, writer) {
  // An array may have grown or shrunk along its first dimension, and is still one of its dtype.
  const length = $.isArray(value) ? value.length : $.typedLength(value);
  const present = $.bareList();
  present[0] = length;
  for (let index = 1; index < shape.length; index += 1) {
    present[index] = shape[index];
  }
  const items = $.bareList();
  if (!flatten(value, present, 0, items)) {
    return null;
  }
  if (isOfItems) {
    return itemsNode(dtype, present, items, writer);
  }
  const bytes = dtypes.pack(dtypes.parse(dtype), items, items.length);
  return bytes === null ? null : packedNode(dtype, present, bytes, writer, was);
}

/** The node of a typed array, a Buffer, a DataView or an ArrayBuffer. */
function node(value, writer) {
  const isTyped = $.isView(value) && $.typedTag(value) !== undefined;
  const origin = originOf(value);
  const own = isTyped ? dtypes.ownDtype(value) : undefined;
  if (
    own !== undefined &&
    origin?.dtype !== undefined &&
    (origin.dtype !== own || origin.was !== undefined)
  ) {
    const packed = arrayNode(value, origin, writer);
    if (packed !== null) {
      return packed;
    }
  }
  if (!isTyped || (isBuffer(value) && origin?.dtype === undefined)) {
    return bytesNode(value, writer);
  }
  const shape = $.bareList();
  shape[0] = $.typedLength(value);
  return packedNode(own, shape, bytesOf(value), writer);
}

module.exports = { __proto__: null, arrayNode, base64, isBuffer, node };
