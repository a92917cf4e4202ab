"""Programs that break everything they can reach: the right value arrives, or the end says so."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from javascript_worker import Answer

Run = Callable[..., Answer]

REDEFINED = """
const fail = name => () => { throw new Error('hostile ' + name) }
JSON.stringify = fail('stringify'); JSON.parse = fail('parse'); JSON = {}
const {defineProperty, getOwnPropertyDescriptor} = Reflect, found = []
const classes = [Object, Array, String, Number, RegExp, Map, Set, WeakMap, Date, Function]
classes.push(Promise, Buffer, TextEncoder)
const prototypes = classes.map(one => one.prototype)
for (const prototype of prototypes.concat(Object.getPrototypeOf(Uint8Array.prototype)))
  for (const key of Reflect.ownKeys(prototype)) {
    const {configurable, get} = getOwnPropertyDescriptor(prototype, key)
    if (configurable && key !== 'constructor' && key !== '__proto__') {
      const field = get ? 'get' : 'value'
      found.push([prototype, key, Object.assign(Object.create(null), {[field]: fail(String(key))})])
    }
  }
const trap = name => ({__proto__: null, get: fail(name), set: fail(name), configurable: true})
for (const name of ['toJSON', 'get', 'set', 'value', 'line', 'length', '0', '$', 'type', 'dtype'])
  found.push([Object.prototype, name, trap(name)])
found.push([Array.prototype, '0', trap('0')])
for (const key of ['keys', 'defineProperty', 'getPrototypeOf', 'setPrototypeOf', 'assign'])
  Object[key] = fail(key)
Error.prepareStackTrace = fail('prepareStackTrace')
Error.stackTraceLimit = 3
process.reallyExit = process.exit = process.on = process.emit = fail('process')
require('fs').writeSync = require('fs').readSync = require('fs').fstatSync = fail('fs')
require('util').inspect = fail('inspect')
for (const name of ['Buffer', 'console', 'Promise', 'Map', 'Set']) globalThis[name] = undefined
for (let index = 0; index < found.length; index += 1)
  defineProperty(found[index][0], found[index][1], found[index][2])
"""


def test_a_value_arrives_whatever_was_redefined(run: Run) -> None:
    made = (
        "const made = [1, 'é\"', new Map([['k', [true, null]]]), new Set(['s']),"
        "new Float64Array(2), Buffer.from('b'), new Date(0), {a: {b: 2n}}];"
    )

    answer = run(f"{made}{REDEFINED}made")

    assert answer.node[:4] == [
        1,
        'é"',
        {"$": "dict", "v": [["k", [True, None]]]},
        {"$": "set", "v": ["s"]},
    ]
    assert answer.node[4]["dtype"] == "<f8"
    assert answer.buffer(0) == bytes(16)
    assert answer.node[5:] == [
        {"$": "bytes", "v": "Yg=="},
        {"$": "datetime", "v": "1970-01-01T00:00:00.000+00:00"},
        {"a": {"b": {"$": "int", "v": "0x2"}}},
    ]


def test_a_failure_arrives_whatever_was_redefined(run: Run) -> None:
    answer = run(f"{REDEFINED}\nfunction transform() {{\n  throw new TypeError('real')\n}}")

    assert (answer.trace["type"], answer.trace["message"]) == ("TypeError", "real")
    assert answer.trace["frames"][-1]["function"] == "transform"
    assert answer.trace["frames"][-1]["line"] == REDEFINED.count("\n") + 3


def test_a_refusal_arrives_whatever_was_redefined(run: Run) -> None:
    answer = run(f"{REDEFINED}; ({{'a b': [() => 1]}})")

    assert answer.last["path"] == 'result["a b"][0]'


HOSTILE_VALUES = [
    "Object.prototype.toJSON = () => 'polluted'; ({a: [1]})",
    "Array.prototype[Symbol.iterator] = function* () { yield 'polluted' }; ({a: [1]})",
    "Object.defineProperty(Object.prototype, 'codec', {value: 'polluted'}); ({a: [1]})",
    "process.exit = () => {}; process.on('exit', () => { process.exitCode = 9 }); ({a: [1]})",
    "process.removeAllListeners(); ({a: [1]})",
    "globalThis.process = undefined; ({a: [1]})",
    "Promise.prototype.then = null; Promise.resolve({a: [1]})",
    "delete globalThis.inputs; ({a: [1]})",
    "Object.freeze(globalThis); ({a: [1]})",
    "console.log = () => { throw 1 }; ({a: [1]})",
]


@pytest.mark.parametrize("source", HOSTILE_VALUES)
def test_pollution_does_not_reach_the_wire(run: Run, source: str) -> None:
    answer = run(source)

    assert (answer.node, answer.status) == ({"a": [1]}, -9)


@pytest.mark.parametrize("fd", [3, 5])
def test_a_closed_descriptor_is_told(run: Run, fd: int) -> None:
    answer = run(f"require('fs').closeSync({fd}); new Float64Array(4)")

    assert (answer.last, answer.status) == (None, 121)
    assert f"descriptor {fd}" in answer.stderr


@pytest.mark.parametrize("fd", [3, 5])
def test_a_replaced_descriptor_is_told_and_not_written(run: Run, fd: int, tmp_path: object) -> None:
    answer = run(
        f"const fs = require('fs'); fs.closeSync({fd}); let got;"
        # Node's own threads open and close some, too: a lower one may just be free.
        f"do got = fs.openSync('mine', 'w+'); while (got < {fd});"
        f"if (got !== {fd}) throw new Error('got ' + got); new Float64Array(4)"
    )

    assert (answer.last, answer.status) == (None, 121)
    assert (tmp_path / "mine").read_bytes() == b""


def test_writes_to_the_arena_do_not_change_the_value(run: Run) -> None:
    answer = run("require('fs').writeSync(5, Buffer.alloc(1000, 1)); new Float64Array([1, 2])")

    assert answer.buffer(0) == b"\0\0\0\0\0\0\xf0?\0\0\0\0\0\0\0@"


@pytest.mark.parametrize(
    ("source", "status"),
    [("process.abort()", -6), ("process.kill(process.pid, 'SIGKILL')", -9), ("process.exit(0)", 0)],
)
def test_an_end_without_a_last_word(run: Run, source: str, status: int) -> None:
    answer = run(source)

    assert (answer.last, answer.status) == (None, status)


def test_the_wrapper_cannot_be_left(run: Run) -> None:
    answer = run("await 1 })(); (() => { globalThis.escaped = true")

    assert answer.trace["type"] == "SyntaxError"


def test_the_token_is_nowhere_to_be_found(run: Run) -> None:
    answer = run(
        "[Object.keys(require('module')._cache).length, process.argv.join(),"
        "JSON.stringify(process.env),"
        "display.toString(), Reflect.ownKeys(globalThis).map(String).join()]"
    )

    assert answer.node[0] == 0
    assert "a token" not in "".join(answer.node[1:])


def test_a_very_large_result(run: Run) -> None:
    answer = run("({bytes: Buffer.alloc(200e6, 1), text: 'x'.repeat(5e6)})")

    assert len(answer.buffer(0)) == 200_000_000
    assert len(answer.node["text"]) == 5_000_000


def test_a_text_that_is_longer_than_a_string_can_be_is_refused(run: Run) -> None:
    answer = run("const part = 'x'.repeat(2 ** 28); [part, part, part]")

    assert answer.last["kind"] == "encoding"
    assert "RangeError" in answer.trace["message"]
