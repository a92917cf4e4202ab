/**
 * The built-ins that the runner needs, taken before the program can redefine them.
 *
 * Lives in the worker, and is loaded first. A program may replace `JSON`, put setters on
 * `Object.prototype` or break `Array.prototype[Symbol.iterator]`; what the runner does afterwards
 * must not notice. So the runner's code that runs beside or after a program calls these functions,
 * builds objects without a prototype, and loops by index.
 */
'use strict';

const { bind, call } = Function.prototype;
/** Turn a method into a function whose first argument is the receiver. */
const uncurryThis = bind.bind(call);

const ownGetter = (prototype, name) =>
  uncurryThis(Object.getOwnPropertyDescriptor(prototype, name).get);

const TypedArrayPrototype = Object.getPrototypeOf(Uint8Array.prototype);

const { setPrototypeOf } = Object;

/** What the lines of a stack are made of. */
function callSitePrototype() {
  const { prepareStackTrace } = Error;
  Error.prepareStackTrace = (_, sites) => sites;
  const [site] = new Error('for its call site').stack;
  Error.prepareStackTrace = prepareStackTrace;
  return Object.getPrototypeOf(site);
}

/** A list that no setter or accessor on a prototype can reach. */
const bareList = () => setPrototypeOf([], null);

const encoder = new TextEncoder();
const encodeText = uncurryThis(TextEncoder.prototype.encode);

/** Text as UTF-8; unlike `Buffer.from` it reads no property that a program can redefine. */
const utf8 = (text) => encodeText(encoder, text);

module.exports = {
  __proto__: null,
  uncurryThis,
  bareList,
  utf8,
  apply: Reflect.apply,
  call: uncurryThis(call),
  FunctionClass: Function,
  functionText: uncurryThis(Function.prototype.toString),
  deleteProperty: Reflect.deleteProperty,
  preventExtensions: Reflect.preventExtensions,
  reflectDefine: Reflect.defineProperty,
  reflectSet: Reflect.set,
  ownKeys: Reflect.ownKeys,
  ownSymbols: Object.getOwnPropertySymbols,
  setPrototypeOf,
  getPrototypeOf: Object.getPrototypeOf,
  defineProperty: Object.defineProperty,
  getOwnPropertyDescriptor: Object.getOwnPropertyDescriptor,
  objectKeys: Object.keys,
  hasOwn: Object.hasOwn,
  is: Object.is,
  ObjectPrototype: Object.prototype,
  ArrayPrototype: Array.prototype,
  isArray: Array.isArray,
  isView: ArrayBuffer.isView,
  propertyIsEnumerable: uncurryThis(Object.prototype.propertyIsEnumerable),
  jsonParse: JSON.parse,
  jsonStringify: JSON.stringify,
  push: uncurryThis(Array.prototype.push),
  shift: uncurryThis(Array.prototype.shift),
  sort: uncurryThis(Array.prototype.sort),
  arraySlice: uncurryThis(Array.prototype.slice),
  stringOf: String,
  numberOf: Number,
  bigIntOf: BigInt,
  DateClass: Date,
  MapClass: Map,
  SetClass: Set,
  ErrorClass: Error,
  errorText: uncurryThis(Error.prototype.toString),
  siteText: uncurryThis(callSitePrototype().toString),
  SyntaxErrorClass: SyntaxError,
  RangeErrorClass: RangeError,
  TypeErrorClass: TypeError,
  isInteger: Number.isInteger,
  isFinite: Number.isFinite,
  minimum: Math.min,
  maximum: Math.max,
  floor: Math.floor,
  dateTime: uncurryThis(Date.prototype.getTime),
  dateSetYear: uncurryThis(Date.prototype.setUTCFullYear),
  dateYear: uncurryThis(Date.prototype.getUTCFullYear),
  dateMonth: uncurryThis(Date.prototype.getUTCMonth),
  dateText: uncurryThis(Date.prototype.toISOString),
  forEachInMap: uncurryThis(Map.prototype.forEach),
  forEachInSet: uncurryThis(Set.prototype.forEach),
  mapGet: uncurryThis(Map.prototype.get),
  mapSet: uncurryThis(Map.prototype.set),
  setAdd: uncurryThis(Set.prototype.add),
  setHas: uncurryThis(Set.prototype.has),
  setDelete: uncurryThis(Set.prototype.delete),
  WeakRefClass: WeakRef,
  dereference: uncurryThis(WeakRef.prototype.deref),
  /** The folder of the runner's files: this module stands at its root. */
  runnerFolder: `${__dirname}/`,
  weakGet: uncurryThis(WeakMap.prototype.get),
  weakSet: uncurryThis(WeakMap.prototype.set),
  bigIntText: uncurryThis(BigInt.prototype.toString),
  execute: uncurryThis(RegExp.prototype.exec),
  codePoint: uncurryThis(String.prototype.codePointAt),
  indexOf: uncurryThis(String.prototype.indexOf),
  slice: uncurryThis(String.prototype.slice),
  startsWith: uncurryThis(String.prototype.startsWith),
  includes: uncurryThis(String.prototype.includes),
  repeat: uncurryThis(String.prototype.repeat),
  isWellFormed: uncurryThis(String.prototype.isWellFormed),
  toWellFormed: uncurryThis(String.prototype.toWellFormed),
  typedTag: ownGetter(TypedArrayPrototype, Symbol.toStringTag),
  typedBuffer: ownGetter(TypedArrayPrototype, 'buffer'),
  typedOffset: ownGetter(TypedArrayPrototype, 'byteOffset'),
  typedBytes: ownGetter(TypedArrayPrototype, 'byteLength'),
  typedLength: ownGetter(TypedArrayPrototype, 'length'),
  typedSet: uncurryThis(TypedArrayPrototype.set),
  viewBuffer: ownGetter(DataView.prototype, 'buffer'),
  viewOffset: ownGetter(DataView.prototype, 'byteOffset'),
  viewBytes: ownGetter(DataView.prototype, 'byteLength'),
  bufferFrom: Buffer.from,
  bufferText: uncurryThis(Buffer.prototype.toString),
  allocate: Buffer.alloc,
  BufferPrototype: Buffer.prototype,
  BytesClass: Uint8Array,
  readUInt32: uncurryThis(Buffer.prototype.readUInt32BE),
  wait: Atomics.wait,
  loadCell: Atomics.load,
  storeCell: Atomics.store,
  exchangeCell: Atomics.compareExchange,
};
