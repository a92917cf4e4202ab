"""What is told of a program that fails: type, place, span, causes, and hints."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from javascript_worker import Answer

Run = Callable[..., Answer]


def test_frames_are_the_programs_own_outermost_first(run: Run) -> None:
    source = (
        "function fmt(row) {\n"
        "  return row.name.length\n"
        "}\n"
        "function transform({rows}) { return rows.map(row => fmt(row)) }"
    )

    answer = run(source, {"rows": [{}]}, first_line=2)

    frames = answer.trace["frames"]
    assert [(f["file"], f["line"], f["function"]) for f in frames] == [
        ("<cell>", 5, "transform"),
        ("<cell>", 5, ""),
        ("<cell>", 3, "fmt"),
    ]
    assert all(frame["user"] for frame in frames)
    assert frames[-1]["excerpt_start"] == 2
    assert frames[-1]["excerpt"] == source.split("\n")
    assert answer.spot == "row.name.length"
    assert answer.trace["text"] == (
        "TypeError: Cannot read properties of undefined (reading 'length')\n"
        "    at fmt (<cell>:3:19)\n"
        "    at <cell>:5:53\n"
        "    at transform (<cell>:5:42)"
    )
    assert answer.status == 1


SPOTS = [
    ("undefinedName + 1", "ReferenceError", 1, 1, "undefinedName"),
    ("1\n\n  throw new RangeError('x')", "RangeError", 3, 9, "new RangeError('x')"),
    ("await 1; const z = missing(1)", "ReferenceError", 1, 20, "missing(1)"),
    ("await 1\nconst s = `a\nb`; null.x", "TypeError", 3, 5, "null.x"),
    ("await 1\nmissing.x", "ReferenceError", 2, 1, "missing.x"),
    ("await 1; 1;  (missing)", "ReferenceError", 1, 15, "missing"),
    ("import fs from 'fs'; fs.nope()", "TypeError", 1, 22, "fs.nope()"),
    ("const a = {}; a.b[0].c", "TypeError", 1, 15, "a.b[0]"),
    ("const a = {}; a.b.c.d()", "TypeError", 1, 15, "a.b.c"),
    ("const a = {}; a.b.c = 1", "TypeError", 1, 15, "a.b.c = 1"),
    ("const a = 1; a = 2", "TypeError", 1, 14, "a = 2"),
    ("const f = () => { return 1 + nope }; f()", "ReferenceError", 1, 30, "nope"),
    ("import {\n join\n} from 'path'; nope()", "ReferenceError", 3, 16, "nope()"),
    ("export const a = 1; nope()", "ReferenceError", 1, 21, "nope()"),
    ("await 1; export default nope()", "ReferenceError", 1, 25, "nope()"),
    ("{a: nope}", "ReferenceError", 1, 5, "nope"),
    ("import {nope} from 'path'\n1", "SyntaxError", 1, 1, "import {nope} from 'path'"),
    ("JSON.parse('{x')", "SyntaxError", 1, 1, "JSON.parse('{x')"),
    ("const a = 1;\nlet q = foo(1,;", "SyntaxError", 2, 15, ";"),
    ("const a;", "SyntaxError", 1, 7, "a"),
    ("/a(/", "SyntaxError", 1, 1, "/a(/"),
    ("await 1; let q = foo(1,;", "SyntaxError", 1, 24, ";"),
    ("await 1; return 2", "SyntaxError", 1, 10, "r"),
    ("let a; let a;", "SyntaxError", 1, 12, "a"),
]


@pytest.mark.parametrize(
    ("source", "kind", "line", "column", "spot"), SPOTS, ids=[s[0][:25] for s in SPOTS]
)
def test_the_place_of_a_failure(
    run: Run, source: str, kind: str, line: int, column: int, spot: str
) -> None:
    answer = run(source)

    assert answer.trace["type"] == kind
    assert answer.place == ("<cell>", line, column)
    if answer.trace["frames"][-1]["end_column"] is not None:
        assert answer.spot.startswith(spot) or spot.startswith(answer.spot)


def test_a_syntax_error_shows_its_line_as_node_does(run: Run) -> None:
    answer = run("const a = 1;\nlet q = foo(1,;", first_line=4)

    assert answer.trace["text"] == (
        "<cell>:5\nlet q = foo(1,;\n              ^\n\nSyntaxError: Unexpected token ';'"
    )
    assert answer.last["kind"] == "program"


HINTS = [
    ("%ls -la", "IPython"),
    ("1\n!ls -la", "execSync"),
    ("!!", None),
    ("return 5", "last expression"),
    ("await 1; return 5", "last expression"),
    ("let a = ;", None),
]


@pytest.mark.parametrize(("source", "hint"), HINTS, ids=[source for source, _ in HINTS])
def test_hints(run: Run, source: str, hint: str | None) -> None:
    notes = run(source).trace["notes"]

    assert notes == [] if hint is None else hint in notes[-1]


def test_causes_and_members(run: Run) -> None:
    source = (
        "class ParseFailed extends TypeError {}\n"
        "const inner = Object.assign(new Error('inner'), {code: 'E1'})\n"
        "const group = new AggregateError([new Error('one'), 'two'], 'many', {cause: inner})\n"
        "throw new ParseFailed('outer', {cause: group})"
    )

    trace = run(source).trace

    assert (trace["type"], trace["message"]) == ("ParseFailed", "outer")
    cause = trace["cause"]
    assert (cause["type"], cause["message"], cause["frames"][-1]["line"]) == (
        "AggregateError",
        "many",
        3,
    )
    assert [(e["type"], e["message"]) for e in cause["exceptions"]] == [
        ("Error", "one"),
        ("string", "two"),
    ]
    assert cause["cause"]["notes"] == ["code: 'E1'"]
    assert "Caused by: AggregateError: many" in trace["text"]
    assert "Caused by: Error: inner" in trace["text"]


def test_a_circle_of_causes_ends(run: Run) -> None:
    trace = run(
        "const a = new Error('a'), b = new Error('b', {cause: a}); a.cause = b; throw a"
    ).trace

    assert trace["cause"]["message"] == "b"
    assert trace["cause"]["cause"] is None


THROWN: list[tuple[str, str, str]] = [
    ("throw null", "null", ""),
    ("throw undefined", "undefined", "undefined"),
    ("throw 'text'", "string", "text"),
    ("throw {a: 1}", "Object", "{ a: 1 }"),
    ("throw Symbol('s')", "symbol", "Symbol(s)"),
    (
        "throw new Proxy(new Error('x'), {get() { throw 1 }, getPrototypeOf() { throw 2 }})",
        "Proxy",
        "",
    ),
    (
        "throw new (class Foul extends Error { get message() { throw 1 } get name() { throw 2 } })",
        "Foul",
        "",
    ),
    ("throw Object.defineProperty(new Error('x'), 'stack', {get() { throw 1 }})", "Error", "x"),
    ("throw Object.assign(new Error('x'), {stack: 5, message: 7, name: {}})", "Error", ""),
    ("throw new DOMException('gone', 'AbortError')", "AbortError", "gone"),
    ("throw {get a() { throw 1 }, [Symbol.toPrimitive]() { throw 2 }}", "Object", ""),
    ("throw {[require('util').inspect.custom]() { throw 1 }}", "Object", ""),
    ("throw Object.assign(() => {}, {})", "Function", ""),
    ("Promise.reject(5); await new Promise(() => {})", "number", "5"),
    ("setTimeout(() => { throw new Error('later') }); new Promise(() => {})", "Error", "later"),
    ("Promise.reject(new Error('unhandled')); new Promise(() => {})", "Error", "unhandled"),
    ("function f() { f() } f()", "RangeError", "Maximum call stack size exceeded"),
    ("new Promise(() => {})", "UnsettledPromise", ""),
    ("await new Promise(() => {})", "UnsettledPromise", ""),
    (r"throw new Error('\ud800')", "Error", "\ufffd"),
]


@pytest.mark.parametrize(
    ("source", "kind", "message"), THROWN, ids=[source[:40] for source, _, _ in THROWN]
)
def test_whatever_is_thrown_is_told(run: Run, source: str, kind: str, message: str) -> None:
    answer = run(source)

    assert answer.trace["type"] == kind
    assert message in answer.trace["message"]
    assert answer.last["kind"] == "program"
    assert (answer.status, answer.stderr) == (1, "")


def test_async_calls_are_on_the_stack(run: Run) -> None:
    answer = run(
        "async function g() { await 1; throw new Error('x') }\n"
        "async function h() { await g() }\n"
        "await h()"
    )

    assert [(f["line"], f["function"]) for f in answer.trace["frames"]] == [
        (3, ""),
        (2, "h"),
        (1, "g"),
    ]
    assert "at async h (<cell>:2:22)" in answer.trace["text"]


def test_a_stack_that_was_read_before_is_still_told(run: Run) -> None:
    answer = run("function f() { return new Error('x') }\nconst e = f(); e.stack; throw e")

    assert [(f["line"], f["function"]) for f in answer.trace["frames"]] == [(2, ""), (1, "f")]


def test_failures_in_imported_files(run: Run, tmp_path: Path) -> None:
    (tmp_path / "own.mjs").write_text("\nexport function own() {\n  throw new Error('in own')\n}\n")
    library = tmp_path / "node_modules" / "lib"
    library.mkdir(parents=True)
    (library / "index.js").write_text("exports.call = f => f()")

    answer = run("import {own} from './own.mjs'; import lib from 'lib'\nlib.call(own)")

    frames = answer.trace["frames"]
    assert [(f["file"], f["line"], f["user"]) for f in frames] == [
        ("<cell>", 2, True),
        (str(library / "index.js"), 1, False),
        (str(tmp_path / "own.mjs"), 3, True),
    ]
    assert "  throw new Error('in own')" in frames[-1]["excerpt"]
    assert frames[1]["excerpt"] == []


@pytest.mark.parametrize(
    ("name", "text", "line", "column"),
    [
        ("bad.mjs", "export const a = 1\nconst x = ;\n", 2, 11),
        ("bad.cjs", "const a = 1\n\nlet z = [1,;\n", 3, 12),
        ("lacks.mjs", "import {nope} from 'node:path'\n", 1, 9),
    ],
)
def test_syntax_errors_in_imported_files(
    run: Run, tmp_path: Path, name: str, text: str, line: int, column: int
) -> None:
    (tmp_path / name).write_text(text)

    answer = run(f"const a = 1\nawait import('./{name}')")

    assert answer.trace["type"] == "SyntaxError"
    assert answer.place == (str(tmp_path / name), line, column)
    assert answer.trace["text"].startswith(f"{tmp_path / name}:{line}\n")


def test_a_missing_module_is_named(run: Run) -> None:
    answer = run("\nawait import('no-such-package')")

    assert "no-such-package" in answer.trace["message"]
    assert answer.place[:2] == ("<cell>", 2)
    assert "code: 'ERR_MODULE_NOT_FOUND'" in answer.trace["notes"]


def test_handlers_of_the_program_keep_it_alive(run: Run) -> None:
    answer = run(
        "let caught = []\n"
        "process.on('uncaughtException', error => caught.push(error.message))\n"
        "setTimeout(() => { throw new Error('timer') })\n"
        "Promise.reject(new Error('promise'))\n"
        "await new Promise(settle => setTimeout(settle, 30))\n"
        "caught.sort()"
    )

    assert answer.node == ["promise", "timer"]


def test_no_frame_of_the_runner_is_shown(run: Run) -> None:
    trace: dict[str, Any] = run("function transform() { throw new Error('x') }").trace

    assert [frame["function"] for frame in trace["frames"]] == ["transform"]
    assert "node:" not in trace["text"]
    assert "languages/javascript" not in trace["text"]


def test_an_exit_is_no_failure_of_ours(run: Run) -> None:
    answer = run("process.exit(4)")

    assert (answer.last, answer.status, answer.stderr) == (None, 4, "")
