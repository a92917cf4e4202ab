"""What happens at the moment of a program's value: nothing of what it has begun vanishes unsaid."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from javascript_worker import Answer, runtimes

from codeexec_magics import CodeExecutor
from codeexec_magics.display.card import View, card_of
from codeexec_magics.display.text import text_of
from codeexec_magics.values.results import ExecutionResult, Outcome

Run = Callable[..., Answer]

on_one_runtime = pytest.mark.parametrize("node", runtimes()[:1], indirect=True)

REJECTED = [
    "async function main() { throw new Error('boom') }\nmain(); console.log('end')",
    "Promise.reject(new Error('boom')); 5",
    "await 0; Promise.all([0, Promise.reject(new Error('boom'))]); 5",
    "Promise.resolve().then(() => 1).then(() => { throw new Error('boom') }); 5",
    "[1].forEach(async () => { await 0; throw new Error('boom') })",
]


@on_one_runtime
@pytest.mark.parametrize("source", REJECTED)
def test_a_rejection_that_nobody_handles_fails_the_program(run: Run, source: str) -> None:
    assert run(source).trace["message"] == "boom"


HANDLED = [
    ("Promise.reject(new Error('r')).catch(() => {}); 5", b""),
    ("const p = Promise.reject(new Error('r')); process.nextTick(() => p.catch(() => {})); 5", b""),
    ("process.on('unhandledRejection', (e) => console.log(e)); Promise.reject(3); 5", b"3\n"),
    ("process.removeAllListeners('unhandledRejection'); 5", b""),
    ("Promise = null; setImmediate = null; process.nextTick = null; 5", b""),
    ("Promise.resolve().then(() => {}).then(() => console.log('late')); 5", b"late\n"),
    ("setImmediate(() => console.log('soon')); 5", b"soon\n"),
    ("setTimeout(() => { throw new Error('never') }, 0); 5", b""),
]


@on_one_runtime
@pytest.mark.parametrize(("source", "printed"), HANDLED)
def test_what_needs_no_event_is_done_before_the_value(
    run: Run, source: str, printed: bytes
) -> None:
    answer = run(source)

    assert (answer.node, answer.stdout) == (5, printed)


WORKER = "const w = new (require('worker_threads').Worker)"
SERVER = (
    "const s = require('http').createServer((q, r) => r.end('hi')).listen(0, '127.0.0.1');"
    "await new Promise(r => s.on('listening', r));"
)
FETCH = "fetch('http://127.0.0.1:' + s.address().port)"
PENDING = [
    ("5", None),
    ("console.log('x'); setTimeout(() => {}, 9).unref(); 5", None),
    ("setInterval(() => {}, 9); setTimeout(() => {}, 9); 5", {"timer": 2}),
    ("require('fs').readFile('/dev/null', () => {}); 5", {"file operation": 1}),
    ("require('fs/promises').readFile('/dev/null').then(() => {}); 5", {"file operation": 1}),
    (
        "await new Promise(r => setTimeout(r, 1));require('fs').readFile('/dev/null', () => {});5",
        {"file operation": 1},
    ),
    ("require('child_process').exec('sleep 1', () => {}); 5", {"child process": 1}),
    (f"{WORKER}('setInterval(() => {{}}, 1e3)', {{eval: true}}); 5", {"worker thread": 1}),
    (f"{WORKER}('0', {{eval: true}}); await new Promise(r => w.on('exit', r)); 5", None),
    (f"{SERVER} {FETCH}.then(r => r.text()); 5", {"request": 1, "server": 1}),
    (f"{SERVER} const t = await (await {FETCH}).text(); s.close(); t && 5", None),
    (f"{SERVER} require('http').get({{port: s.address().port}}); 5", {"request": 1, "server": 1}),
    ("require('net').connect(1, '127.0.0.1').on('error', () => {}); 5", {"connection": 1}),
]


@pytest.mark.parametrize(("source", "pending"), PENDING)
def test_what_was_not_awaited_is_named(
    run: Run, source: str, pending: dict[str, int] | None
) -> None:
    answer = run(source)

    assert (answer.node, answer.last.get("pending")) == (5, pending)


def test_a_card_names_what_was_pending(executor: CodeExecutor) -> None:
    source = (
        "setTimeout(() => {}, 9); setTimeout(() => {}, 9); require('fs').stat('/', () => {}); 5"
    )

    result = executor.execute(source, language="javascript")

    assert result.pending == {"timer": 2, "file operation": 1}
    assert ExecutionResult.from_dict(result.to_dict()).pending == result.pending
    lines = text_of(card_of(result, View())).splitlines()
    assert lines[-1] == "ended 1 file operation and 2 timers that were pending: await them"


def test_words_of_one_and_of_many() -> None:
    def line(**pending: int) -> str:
        named = {noun.replace("_", " "): number for noun, number in pending.items()}
        card = card_of(ExecutionResult(Outcome.SUCCEEDED, pending=named), View())
        return text_of(card).splitlines()[-1]

    assert line(task=1) == "ended 1 task that was pending: await it"
    assert line(child_process=2) == "ended 2 child processes that were pending: await them"
    assert line(a=1, b=2, c=1) == "ended 1 a, 2 bs and 1 c that were pending: await them"


THREADS = (
    "const {Worker} = require('worker_threads')\n"
    "const code = `for (let i = 0; i < 300; i++) console.log(i);"
    "require('worker_threads').parentPort.postMessage(0);` + AFTER\n"
    "await Promise.all(Array.from({length: 8}, () => new Promise(resolve => "
    "new Worker(code, {eval: true}).once('message', resolve))))\n5"
)


@pytest.mark.parametrize("after", ["", "setInterval(() => {}, 1e3)"], ids=["end", "stay"])
def test_what_threads_print_before_their_message_arrives(run: Run, after: str) -> None:
    answer = run(f"const AFTER = '{after}'\n{THREADS}")

    assert (answer.node, answer.stdout.count(b"\n")) == (5, 2400)


SHOWN = [
    ("setTimeout(() => {}, 9)", "Timeout", "[Timeout]"),
    ("require('http').createServer()", "Server", "[Server]"),
    ("new (require('events'))().on('x', () => {})", "EventEmitter", "[EventEmitter]"),
    ("(function f() {})", "function", "[Function: f]"),
    ("class A {}; A", "function", "[class A]"),
    ("class A { x = 1 }; new A()", "A", "A { x: 1 }"),
    ("({a: 1, f() {}})", "Object", "{ a: 1, f: [Function: f] }"),
    ("const o = {}; o.o = o; o", "Object", "<ref *1> { o: [Circular *1] }"),
    ("Symbol('s')", "symbol", "Symbol(s)"),
    ("/a/", "RegExp", "/a/"),
    ("new Date(NaN)", "Date", "Invalid Date"),
    ("({get x() { throw 1 }, f() {}})", "Object", "{ x: [Getter], f: [Function: f] }"),
    ("({[Symbol.for('nodejs.util.inspect.custom')]() { throw 1 }, f() {}})", "Object", ""),
    ("({_repr_html_() { throw 1 }, toString() {}})", "Object", None),
]


@on_one_runtime
@pytest.mark.parametrize(("source", "name", "text"), SHOWN)
def test_a_value_that_no_name_wants_is_shown(
    run: Run, source: str, name: str, text: str | None
) -> None:
    node = run(source, keep=False).node

    assert (node["$"], node["type"]) == ("shown", name)
    assert text in (None, node["text"])


def test_a_value_that_no_name_wants_shows_itself(run: Run) -> None:
    source = "class A { toJSON() { return 1 } _repr_html_() { return '<b>a</b>' } }; new A()"

    shown, wanted = run(source, keep=False), run(source)

    assert shown.node == {"$": "shown", "type": "A"}
    assert shown.others[0]["bundle"]["text/html"] == "<b>a</b>"
    assert (wanted.node, wanted.others) == (1, [])


@on_one_runtime
@pytest.mark.parametrize("source", ["5", "[1, {a: 2}]", "new Date(0)", "null"])
def test_plain_values_travel_even_if_no_name_wants_them(run: Run, source: str) -> None:
    assert run(source, keep=False).node == run(source).node


def test_a_value_that_a_name_wants_has_to_travel(run: Run) -> None:
    assert run("setTimeout(() => {}, 9)").trace["type"] == "EncodingFailed"


def test_the_path_of_a_deep_value_is_short(run: Run) -> None:
    answer = run("let a = []; for (let i = 0; i < 250; i++) a = [a]; a")

    message = answer.trace["message"]
    assert message.startswith("result[0][0]")
    assert "[0]…" in message
    assert "is nested deeper than 200 levels" in message
    assert len(message) < 400
