/**
 * What a run has used of the parts that take long to prepare: the next worker prepares them ahead.
 *
 * Lives in the worker's main thread.
 */
'use strict';

const used = { __proto__: null };
let names = '';

/** Remember that a part was used. */
function use(part) {
  if (used[part] === undefined) {
    used[part] = true;
    names += `${names === '' ? '' : ','}"${part}"`;
  }
}

/** The names of the parts, as JSON text. */
const partsUsed = () => `[${names}]`;

module.exports = { __proto__: null, partsUsed, use };
