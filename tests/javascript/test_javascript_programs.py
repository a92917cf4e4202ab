"""What a program's value is, and what the program finds around itself."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from javascript_worker import Answer, Worker, runtimes

from codeexec_magics.languages.javascript import LANGUAGE

Run = Callable[..., Answer]

on_one_runtime = pytest.mark.parametrize("node", runtimes()[:1], indirect=True)

VALUED = [
    ("1 + 1", 2),
    ("const x = 5", None),
    ("if (true) { 'yes' } else { 'no' }", "yes"),
    ("", None),
    ("// nothing", None),
    ("{a: 1, b: [2]}", {"a": 1, "b": [2]}),
    ("/* c */ // d\n{a: await 5}", {"a": 5}),
    ("{ let y = 3; y }", 3),
    ("await 7", 7),
    ("await (7)", 7),
    ("await [7]", [7]),
    ("await `x`", "x"),
    ("const x = await 5\nx + 1 // note", 6),
    ("(await 1, 2) /* c */ ;", 2),
    ("await 1; const last = 2", 1),
    ("await 0; if (true) { 5 }", 5),
    ("await 0; 5; let x = 6", 5),
    ("await 0; try { null.x } catch { 'caught' } finally { 9 }", "caught"),
    ("import 'fs'; switch (2) { case 1: 'a'; break; case 2: 'b'; default: 'c' }", "c"),
    ("await 0; for (const a of [1, 2]) if (a > 1) a; else 7", 2),
    ("join('a', 'b')\nimport {join} from 'path'", "a/b"),
    (
        "'use strict'\nfunction f() { return this }\nf() ?? sep\nimport {sep} from 'path'",
        "/",
    ),
    ("import.meta.url.startsWith('file:///') && import.meta.resolve('node:fs')", "node:fs"),
    ("[__filename, __dirname].join() === [import.meta.filename, import.meta.dirname].join()", True),
    ("export { transform }\nfunction transform({df}) { return df }", 41),
    ("const f = ({df}) => df; export { f as transform }", 41),
    ("export default function ({df}) { return df }", 41),
    ("export default async ({df}) => df", 41),
    ("export default class {}", None),
    ("export default { a: 1 };", {"a": 1}),
    ("export * from 'node:path'; 5", 5),
    ("exports.transform = ({df}) => df", 41),
    ("module.exports = { transform: ({df}) => df }", 41),
    ("module.exports = ({df}) => df", 41),
    ("module.exports = { rate: 1 }", {"rate": 1}),
    ("for await (const x of [1]) {}\n'done'", "done"),
    ("Promise.resolve(8)", 8),
    ("({then(settle) { settle(9) }})", 9),
    ("async function f() { return await (3) }\nf()", 3),
    ("#!/usr/bin/env node\nawait 4", 4),
    ("'use strict'; await 1; (function () { return this === undefined })()", True),
    ("await 1; this === globalThis", True),
    ("function transform(inputs) { return Object.keys(inputs) }", ["df", "a b"]),
    ("const transform = async ({df}) => df + 1", 42),
    ("let transform = ({df}) => df; await 0", 41),
    ("export default function transform({df}) { return df }", 41),
    ("export const one = 1; export default one + 1", 2),
    ("function transform(df) { return df }", 41),
    ("const transform = async (df, extra = 1) => df + extra", 42),
    ("function transform(extra, df) { return [extra ?? null, df] }", [None, 41]),
    ("function transform(inputs, df) { return Object.keys(inputs).length }", 2),
    ("function transform({df}, other) { return df }", 41),
    ("function transform(all) { return all.df }", 41),
    ("transform(1)\nfunction transform(x) { return x === 1 ? 'called' : 'entry' }", "entry"),
    ("const transform = 5; df", 41),
    ("const df = inputs.df; let inputs2 = df; df", 41),
    ("var df = 1; df + inputs.df", 42),
    ("df = 2; inputs.df", 41),
    ("[df, globalThis.df, inputs['a b'], inputs.dff]", [41, 41, 1, None]),
    ("import {join} from 'node:path'\njoin('a', 'b')", "a/b"),
    (
        "import path, {sep as s} from 'path'; import * as all from 'path'\n[s, all.sep]",
        ["/", "/"],
    ),
    ("import {\n  join,\n} from 'path'; join('a')", "a"),
    ("import 'node:fs'; 5", 5),
    ("(await import('node:path')).sep", "/"),
    ("const {sep} = require('path'); sep", "/"),
    ("[require.main === module, typeof exports, process.argv.length]", [True, "object", 2]),
    ("Object.keys(require.cache)", []),
    ("require('fs').readFileSync(0, 'utf8')", ""),
    ("process.execArgv", []),
    (
        "const require = 1, module = 2, display = 3, progress = 4, exports = 5; require + progress",
        5,
    ),
    ("process.exitCode = 3; 'value'", "value"),
]


@pytest.mark.parametrize(("source", "value"), VALUED, ids=[source[:30] for source, _ in VALUED])
def test_the_value_of_a_program(run: Run, source: str, value: object) -> None:
    answer = run(source, {"df": 41, "a b": 1})

    assert json.dumps(answer.node) == json.dumps(value)
    assert (answer.status, answer.stdout, answer.stderr) == (-9, b"", "")


def test_values_are_those_of_a_script_whatever_form_the_program_has(node: str) -> None:
    script = Path(__file__).with_name("completions.js")
    runner = Path(LANGUAGE.command(node, {"PATH": ""})[-1]).parent

    done = subprocess.run(
        [node, script, runner, "500", "7"], capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout == ""


def test_the_first_message_says_who_speaks(run: Run) -> None:
    ready = run("1").ready

    assert (ready["type"], ready["protocol"], ready["language"]) == ("ready", 1, "javascript")
    assert ready["version"].startswith("v")


def test_inputs_do_not_replace_what_cannot_be_replaced(run: Run) -> None:
    inputs = {"undefined": 1, "class": 2, "inputs": 3, "display": 4, "é": 5, "__proto__": 6}

    answer = run("[undefined, inputs, display, é, Object.getPrototypeOf(globalThis) !== 6]", inputs)

    assert answer.node == [None, 3, 4, 5, True]


def test_modules_are_found_beside_the_notebook(run: Run, tmp_path: Path) -> None:
    package = tmp_path / "node_modules" / "pkg"
    package.mkdir(parents=True)
    (package / "index.js").write_text("module.exports = {name: 'pkg'}")
    (tmp_path / "own.mjs").write_text("export const own = 1; export default 2")
    (tmp_path / "own.cjs").write_text("module.exports = 3")
    (tmp_path / "own.json").write_text('{"n": 4}')

    answer = run(
        "import two, {own} from './own.mjs'; import pkg from 'pkg'\n"
        "import json from './own.json' with {type: 'json'}\n"
        "const again = await import('./own.mjs');\n"
        "const required = require('pkg');\n"
        "[own, two, pkg.name, require('./own.cjs'), again.own, json.n, required.name, __dirname]"
    )

    assert answer.node == [1, 2, "pkg", 3, 1, 4, "pkg", str(tmp_path)]
    assert "vm.USE_MAIN_CONTEXT_DEFAULT_LOADER" not in answer.stderr


def test_the_modules_of_a_file_are_found_beside_it(run: Run, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "own.cjs").write_text("module.exports = 3")
    file = str(tmp_path / "sub" / "cell.js")

    answer = run(
        "[require('./own.cjs'), (await import('./own.cjs')).default, __filename]", filename=file
    )

    assert answer.node == [3, 3, file]


def test_warnings_of_the_program_reach_it(run: Run) -> None:
    answer = run(
        "await import('node:path'); process.emitWarning('mine', 'ExperimentalWarning')\n"
        "await new Promise(setImmediate)"
    )

    assert "ExperimentalWarning: mine" in answer.stderr
    assert "MAIN_CONTEXT" not in answer.stderr


def test_what_is_printed_arrives_before_the_end(run: Run) -> None:
    answer = run("console.log('é'.repeat(300000)); console.error('e'.repeat(300000)); 1")

    assert answer.stdout.decode() == "é" * 300000 + "\n"
    assert answer.stderr == "e" * 300000 + "\n"


def test_a_program_that_exits_has_printed_everything(run: Run) -> None:
    answer = run("process.stdout.write('x'.repeat(300000)); process.exit(3)")

    assert (answer.last, answer.status, len(answer.stdout)) == (None, 3, 300000)


def test_the_end_does_not_wait_for_timers_or_handlers(run: Run) -> None:
    answer = run(
        "setInterval(() => {}, 1000); process.on('exit', () => console.log('handler'));"
        "new (require('worker_threads').Worker)('setInterval(() => {}, 1e3)', {eval: true}); 5"
    )

    assert (answer.node, answer.status, answer.stdout) == (5, -9, b"")


def test_a_child_process_sees_none_of_the_channels(run: Run) -> None:
    answer = run("require('child_process').execSync('ls /proc/self/fd', {encoding: 'utf8'})")

    assert {int(fd) for fd in answer.node.split()} <= {0, 1, 2, 3}  # 3 is the folder itself


def test_displays_are_sent_as_bundles(run: Run) -> None:
    png = "Buffer.from([0x89, 0x50, 0x4e, 0x47, 1])"
    answer = run(
        f"display({{a: 1}}); display('text'); display('<svg width=1>'); display({png});"
        "display({'text/html': '<b>', 'text/plain': 'b'}, {m: 1});"
        "display({[Symbol.for('Jupyter.display')]() { return {'text/markdown': '#'} }});"
        "display({_repr_html_() { return '<i>' }});"
        "display({async _repr_mimebundle_() { await 1; return {'text/plain': 'late'} }});"
        "progress(1, 2, 'half'); progress(3); 5"
    )

    shown = [message["bundle"] for message in answer.others if message["type"] == "display"]
    assert shown[:4] == [
        {"text/plain": "{ a: 1 }"},
        {"text/plain": "text"},
        {"image/svg+xml": "<svg width=1>"},
        {"image/png": "iVBORwE="},
    ]
    assert shown[4:6] == [{"text/html": "<b>", "text/plain": "b"}, {"text/markdown": "#"}]
    assert shown[6]["text/html"] == "<i>"
    assert shown[7] == {"text/plain": "late"}
    told = [(m["done"], m["total"], m["text"]) for m in answer.others if m["type"] == "progress"]
    assert told == [(1, 2, "half"), (3, None, "")]
    assert answer.node == 5


def test_a_display_beyond_the_limit_is_an_error_of_the_program(run: Run) -> None:
    answer = run("display('x'.repeat(17 * 1024 * 1024))")

    assert answer.trace["type"] == "RangeError"


def test_a_channel_that_ends_before_a_program_came_ends_the_runner(
    start: Callable[..., Worker],
) -> None:
    worker = start()
    worker.receive()
    worker.control.close()

    assert worker.process.wait(60) == 122


def test_a_file_runs_as_a_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "helper.js").write_text("exports.v = 5")
    (tmp_path / "other.mjs").write_text("export const other = 6; export default 7")
    file = str(tmp_path / "main.js")

    answer = run(
        "const {v} = require('./helper'); const {other} = await import('./other.mjs');\n"
        "import x from './other.mjs'\n"
        "[v, other, x, __filename, process.argv[1], import.meta.filename, require.main === module]",
        file=file,
        directory=tmp_path.parent,
    )

    assert answer.node == [5, 6, 7, file, file, file, True]


@on_one_runtime
@pytest.mark.parametrize(
    "source", ["throw new Error('here')", "await 0; throw new Error('here')", "a b"]
)
def test_a_file_that_fails_is_the_cell(run: Run, tmp_path: Path, source: str) -> None:
    answer = run(f"1\n{source}", file=str(tmp_path / "main.js"))

    assert answer.place[:2] == ("<cell>", 2)


SEEN = [
    ("console.log(new Error('x'))", "Error: x\n    at <cell>:1:13\n"),
    ("await 0; console.log(new Error('x').stack)", "Error: x\n    at <cell>:1:22\n"),
    (
        "try { [1].map(() => { throw 'x', Error('m') }) } catch (e) { console.log(e) }",
        "Error: m\n    at <cell>:1:34\n    at Array.map (<anonymous>)\n    at <cell>:1:11\n",
    ),
    (
        "setTimeout(() => console.log(Error('t')), 1); await new Promise(r => setTimeout(r, 9))",
        "Error: t\n    at Timeout._onTimeout (<cell>:1:30)\n",
    ),
    (
        "const o = {}; Error.captureStackTrace(o); console.log(o.stack)",
        "Error\n    at <cell>:1:21\n",
    ),
    ("Error.prepareStackTrace = (e, s) => s.length > 0; console.log(new Error().stack)", "true\n"),
]


@on_one_runtime
@pytest.mark.parametrize(("source", "printed"), SEEN)
def test_a_stack_that_a_program_sees_is_its_own(run: Run, source: str, printed: str) -> None:
    assert run(source).stdout.decode() == printed


@on_one_runtime
def test_a_stack_that_was_seen_tells_the_same_place(run: Run) -> None:
    answer = run("await 0; const e = new Error('x'); e.stack; console.trace('t'); throw e")

    assert answer.stderr == "Trace: t\n    at <cell>:1:53\n"
    assert answer.place == ("<cell>", 1, 20)


@on_one_runtime
def test_colours_can_be_read_on_white(run: Run) -> None:
    answer = run("console.log([1, 'a'])", environment={"FORCE_COLOR": "1"})

    assert answer.stdout.decode() == "[ \x1b[38;5;130m1\x1b[39m, \x1b[38;5;28m'a'\x1b[39m ]\n"
