"""What stands beside a failing line: the values of the names that it uses."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from javascript_worker import Answer, Worker

Run = Callable[..., Answer]

ROWS = {"rows": [{"name": "a"}, {}], "limit": 3}


def values(trace: dict[str, object]) -> dict[str, str]:
    """The pairs beside the innermost line."""
    return dict(trace["frames"][-1]["values"])  # type: ignore[index]


CASES = [
    ("a callback", "[{x: {y: 1}}, {}].map(r => r.x.y)", {"r": "{}"}),
    (
        "locals",
        (
            "function transform({rows, limit}) {\n  const most = rows.length * limit\n"
            "  return rows.map((row, i) => row.name.length + most + i)\n}"
        ),
        {"rows": "[{name: 'a'}, {}]", "row": "{}", "i": "1", "most": "6"},
    ),
    ("a straight line", "const a = [1, null], n = 'x'\na.b.c", {"a": "[1, null]"}),
    ("after an await", "const xs = [1]; await 1\nconst q = xs[5].z", {"xs": "[1]"}),
    (
        "an async function",
        "const f = async (u) => {\n  await null\n  throw new RangeError(`bad ${u}`)\n}\nawait f(3)",
        {"u": "3"},
    ),
    (
        "a timer",
        "setTimeout(() => {\n const y = {k: 5n}\n y.z.q\n})\nawait new Promise(() => {})",
        {"y": "{k: 5n}"},
    ),
    ("a library's error", "const t = '{x'\nconst f = s => JSON.parse(s)\nf(t)", {"s": "'{x'"}),
    (
        "libraries and functions",
        "const os = require('os'), f = x => 1, file = ''\nrequire('fs').readFileSync(file, f, os)",
        {"file": "''"},
    ),
    (
        "this",
        "class P {\n  v = 1\n  m(k) { return this.w[k] }\n}\nnew P().m('a')",
        {"this": "P {v: 1}", "k": "'a'"},
    ),
    (
        "a rethrown error",
        (
            "function f(n) {\n  null[n]\n}\nfor (const m of [1]) {\n"
            "  try { f(m) } catch (e) { throw e }\n}"
        ),
        {"n": "1"},
    ),
    (
        "the last of several",
        "const g = (v) => {\n  v.a.b\n}\ntry { g(1) } catch {}\ntry { g(2) } catch {}\ng(3)",
        {"v": "3"},
    ),
]


@pytest.mark.parametrize(("source", "wanted"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_values_of_the_names_on_the_line(run: Run, source: str, wanted: dict[str, str]) -> None:
    assert values(run(source, ROWS).trace) == wanted


def test_values_of_a_cause(run: Run) -> None:
    source = (
        "function g(v) {\n  try {\n    v.a.b\n  } catch (cause) {\n"
        "    throw new Error('outer ' + v.z, {cause})\n  }\n}\ng({z: 2})"
    )

    trace = run(source).trace

    assert values(trace)["v"] == "{z: 2}"
    assert "TypeError" in values(trace)["cause"]
    assert values(trace["cause"]) == {"v": "{z: 2}"}


def test_values_in_a_file_beside(run: Run, tmp_path: Path) -> None:
    (tmp_path / "own.mjs").write_text("export function f(row) {\n  return row.a.b\n}\n")

    trace = run("import {f} from './own.mjs'\nf({c: 1})", filename=str(tmp_path / "cell.js")).trace

    assert trace["frames"][-1]["file"].endswith("own.mjs")
    assert values(trace) == {"row": "{c: 1}"}


SHOWN = [
    ("'a\\n' + 'x'.repeat(1e7)", "'a\\nxxx"),
    ("new Float64Array(1e7)", "Float64Array(10000000) [0, 0, 0, 0, 0, 0, 0, 0, …]"),
    ("Array.from({length: 1e6}, (_, i) => i)", "Array(1000000) [0, 1, 2, 3, 4, 5, 6, 7, …]"),
    ("new Map([['a', {b: 1}]])", "Map(1) {'a' => {b: 1}}"),
    ("new Set('abcdefghijk')", "Set(11) {'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', …}"),
    ("new Date(0)", "1970-01-01T00:00:00.000Z"),
    ("new Date(NaN)", "Invalid Date"),
    ("/a+/", "/a+/"),
    ("10n ** 100000n", "a very large BigInt"),
    ("{get a() { console.log('ran') }}", "{a: [Getter]}"),
    ("new Proxy({}, {get() { console.log('ran') }, ownKeys() { for (;;); }})", "Proxy"),
    ("Object.create(new Proxy({}, {getPrototypeOf() { for (;;); }}))", "{}"),
    ("{get [Symbol.toStringTag]() { console.log('ran') }}", "{}"),
    ("{constructor: {get name() { console.log('ran') }}, 'a b': -0}", "{constructor: {name"),
    ("(() => { const a = [1]; a.push(a); return a })()", "[1, [1, [1, […]]]]"),
    ("undefined", "undefined"),
]


@pytest.mark.parametrize(("expression", "shown"), SHOWN, ids=[s[0][:30] for s in SHOWN])
def test_a_value_is_shown_in_short_without_running_it(
    run: Run, expression: str, shown: str
) -> None:
    answer = run(
        f"const f = (it) => {{\n  throw new Error('x', it)\n}}\nconst it = ({expression})\nf(it)"
    )

    text = values(answer.trace)["it"]
    assert text.startswith(shown)
    assert len(text) <= 120
    assert answer.stdout == b""


BREAKERS = [
    "Object.prototype.toJSON = () => 1",
    "Object.defineProperty(Object.prototype, 'params', {set() { throw 1 }, get() { return 1 }})",
    "JSON.stringify = JSON.parse = () => { throw 1 }",
    "globalThis.console = null",
    "console.log = () => { throw 1 }",
    "Error.prepareStackTrace = () => { throw new Error('mine') }",
    "Object.freeze(globalThis)",
    "Array.prototype[Symbol.iterator] = RegExp.prototype.exec = undefined",
    (
        "const own = new (require('inspector').Session)(); own.connect(); "
        "own.post('Debugger.enable'); own.post('Debugger.setPauseOnExceptions', {state: 'none'})"
    ),
    "require('events').prototype.emit = () => { throw 1 }",
    "require('inspector').Session.prototype.post = () => { throw 1 }",
    "debugger",
]


@pytest.mark.parametrize("breaker", BREAKERS)
def test_a_failure_arrives_whatever_the_program_does(run: Run, breaker: str) -> None:
    answer = run(f"{breaker}\nconst f = (v) => {{\n  v.a.b\n}}\nf(1)")

    assert answer.trace["type"] == "TypeError"
    assert values(answer.trace).get("v", "1") == "1"
    assert answer.stderr == ""


def test_a_program_that_catches_without_end_is_soon_left_alone(run: Run) -> None:
    source = (
        "const f = (v) => { throw new Error(v) }\nlet caught = 0\n"
        "for (let i = 0; i < 1e5; i += 1) { try { f(i) } catch { caught += 1 } }\ncaught"
    )

    assert run(source).node == 100_000


def test_what_is_printed_is_not_kept(run: Run) -> None:
    source = (
        "const held = () => process.memoryUsage().arrayBuffers\nlet most = 0\n"
        "for (let i = 0; i < 300; i += 1) {\n  console.log({big: [new Uint8Array(1e6)]})\n"
        "  await new Promise(setImmediate)\n  most = Math.max(most, held())\n}\nmost"
    )

    assert run(source).node < 200e6


def test_where_the_inspector_is_forbidden_there_are_no_values(run: Run, node: str) -> None:
    version = subprocess.run([node, "-v"], capture_output=True, text=True, check=True).stdout
    permission = "--experimental-permission" if version < "v22" else "--permission"
    flags = (permission, "--allow-fs-read=*")

    answer = run("{\n  const v = 1\n  v.a.b\n}", flags=flags)

    assert answer.trace["type"] == "TypeError"
    assert answer.trace["frames"][-1]["line"] == 3


def test_a_stopped_program_shows_its_values(start: Callable[..., Worker]) -> None:
    worker = start()
    worker.run("console.log('begun'); const rows = [1]; let n = 0\nwhile (rows) { n += 1 }")
    assert worker.begun.wait(60)
    os.write(worker.stop, b"!")
    worker.process.send_signal(signal.SIGINT)

    trace = worker.finish().others[0]["trace"]

    assert values(trace)["rows"] == "[1]"
    assert int(values(trace)["n"]) >= 0
