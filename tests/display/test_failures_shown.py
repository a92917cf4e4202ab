"""A failure tells what was thrown, where exactly, with which values, and why."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import pytest
from display_samples import (
    CAUSE,
    JAVASCRIPT_ERROR,
    LIBRARY_FRAME,
    PYTHON_CELL,
    PYTHON_ERROR,
    failed,
    frame,
    read,
    seen,
)

from codeexec_magics.display import mime_bundle, traceback_lines
from codeexec_magics.display.colours import kinds_of
from codeexec_magics.display.failure import short_path
from codeexec_magics.display.secrets import HIDDEN, is_secret, shown_value
from codeexec_magics.values.traces import CELL_FILE, StackFrame, Trace


def lines_of(trace: Trace, **options: Any) -> list[str]:
    return traceback_lines(failed(trace), **options)


def test_a_failure_with_its_cause_reads_from_the_headline_down() -> None:
    assert lines_of(PYTHON_ERROR) == [
        "ValueError: row without a price, 3 rows in, $5 and $6 stay text",
        "at this cell, line 12, in transform",
        "    9      try:",
        "   10          return [price(r) for r in rows]",
        "   11      except KeyError as e:",
        ' → 12          raise ValueError(f"row without a price, {len(rows)} rows in") from e',
        "               ^^^^^^^^^^^^^^^^",
        "",
        "Caused by",
        "KeyError: 'price'",
        "at this cell, line 5, in price",
        "   3  def price(row):",
        "   4      # a template with $ signs must not become LaTeX: $5 and $6",
        ' → 5      return row["price"] * (1 + row["vat"])',
        "                 ^^^^^^^^^^^^",
        "          row = {'name': 'Bo', 'vat': 0.25}",
        "   6",
        "   7  def transform(inputs):",
        '   8      rows = inputs["rows"]',
        "call stack, 2 more frames",
        "  this cell, line 10, in transform",
        "  pandas/core/frame.py, line 4102, in DataFrame.apply",
    ]


def test_the_exact_span_is_marked_in_html() -> None:
    page = mime_bundle(failed(CAUSE))["text/html"]

    marked = page.partition("<mark>")[2].partition("</mark>")[0]
    assert "".join(read(marked).words) == 'row["price"]'


def test_where_only_the_beginning_is_known_the_name_there_is_marked() -> None:
    lines = lines_of(JAVASCRIPT_ERROR)

    pointer = next(line for line in lines if "^" in line)
    above = lines[lines.index(pointer) - 1]
    assert above[pointer.index("^") :].startswith("join(")
    assert pointer.count("^") == len("join")


def test_carets_stand_below_wide_characters_and_tabs() -> None:
    lines = lines_of(Trace("E", frames=(frame("\t名前 = boom()", 2, "boom()"),)))

    assert lines[2:4] == [" → 2  \t名前 = boom()", "      \t       ^^^^^^"]


def test_a_span_over_several_lines_is_marked_on_each() -> None:
    source = "x = call(\n    1,\n    2)"
    place = replace(frame(source, 2, "call("), end_line=4, end_column=7)

    assert [line for line in lines_of(Trace("E", frames=(place,))) if "^" in line] == [
        "          ^^^^^",
        "          ^^",
        "          ^^",
    ]


def test_a_long_line_is_shown_around_its_span() -> None:
    source = "a" * 1000 + " boom " + "b" * 1000
    lines = lines_of(Trace("E", frames=(frame(source, 2, "boom"),)))

    assert "boom" in lines[2]
    assert len(lines[2]) < 180
    assert lines[2].count("…") == 2


def test_values_beside_the_line_can_be_hidden_or_shown() -> None:
    place = frame(
        PYTHON_CELL,
        5,
        values=(
            ("api_key", "'abc'"),
            ("row", "{'password': 'hunter2', 'n': 1}"),
            ("x", "<a at 0x7f>"),
        ),
    )
    trace = Trace("KeyError", frames=(place,))

    hidden = "\n".join(lines_of(trace))
    assert f"api_key = {HIDDEN}" in hidden
    assert f"row = {{'password': {HIDDEN}, 'n': 1}}" in hidden
    assert "x = <a at 0x…>" in hidden
    assert "hunter2" not in mime_bundle(failed(trace))["text/html"]
    assert "hunter2" in "\n".join(lines_of(trace, hide_secrets=False))
    assert "hunter2" in mime_bundle(failed(trace), hide_secrets=False)["text/html"]


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "db_password",
        "PASSWD",
        "apiKey",
        "AWS_SECRET_ACCESS_KEY",
        "authToken",
        "token2",
        "credentials",
        "private_key",
        "db_pass",
        "Authorization",
        "session_cookie",
    ],
)
def test_names_that_tell_a_secret(name: str) -> None:
    assert is_secret(name)
    assert shown_value(name, "'x'") == HIDDEN


@pytest.mark.parametrize(
    "name", ["key", "monkey", "keyboard", "passenger", "author", "tokenizer", "n"]
)
def test_names_that_tell_none(name: str) -> None:
    assert not is_secret(name)
    assert shown_value(name, "'price'") == "'price'"


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("token", "None", "None"),
        ("max_tokens", "100", "100"),
        ("pin", "1234", HIDDEN),
        ("key", "'0123456789abcdef0123'", HIDDEN),
        ("url", "'https://ada:pw@host/x'", f"'https://{HIDDEN}@host/x'"),
        ("x", "'sk-0123456789abcdef0123'", f"'{HIDDEN}'"),
        ("call", "f(token='a b', n=2)", f"f(token={HIDDEN}, n=2)"),
        ("cut", "{'secret': 'begins and never", f"{{'secret': {HIDDEN}"),
        ("headers", "{'Authorization': 'Bearer abc'}", f"{{'Authorization': {HIDDEN}}}"),
    ],
)
def test_what_of_a_value_is_hidden(name: str, value: str, shown: str) -> None:
    assert shown_value(name, value) == shown


@pytest.mark.parametrize(
    ("path", "short"),
    [
        ("/home/ada/project/clean.py", "project/clean.py"),
        ("/v/lib/python3.11/site-packages/pandas/core/frame.py", "pandas/core/frame.py"),
        ("/p/node_modules/a/node_modules/b/index.js", "b/index.js"),
        ("C:\\work\\x\\y.py", "x/y.py"),
        ("/x.py", "x.py"),
        ("<string>", "<string>"),
    ],
)
def test_paths_are_short_and_the_same_on_all_machines(path: str, short: str) -> None:
    assert short_path(path) == short


def test_a_failure_in_an_imported_file_shows_both_places() -> None:
    helper = frame("def parse(x):\n    return int(x)", 2, "int(x)", first_line=1, file="/p/q/h.py")
    trace = Trace("ValueError", frames=(frame("import h\nh.parse('x')", 3), helper, LIBRARY_FRAME))
    lines = lines_of(trace)

    assert "at this cell, line 3" in lines
    assert "reached from there: q/h.py, line 2" in lines
    assert " → 2      return int(x)" in lines
    assert lines[-2:] == [
        "call stack, 1 more frame",
        "  pandas/core/frame.py, line 4102, in DataFrame.apply",
    ]


def test_a_failure_outside_the_users_code_shows_the_last_frame() -> None:
    assert lines_of(Trace("OSError", "x", frames=(LIBRARY_FRAME,))) == [
        "OSError: x",
        "at pandas/core/frame.py, line 4102, in DataFrame.apply",
    ]


def test_a_recursion_shows_each_line_once_with_how_often() -> None:
    again = StackFrame(file=CELL_FILE, line=3, function="f")
    lines = lines_of(Trace("RecursionError", frames=(again,) * 150))

    assert lines[-2:] == ["call stack, 149 more frames", "  149 × this cell, line 3, in f"]


def test_a_long_stack_keeps_both_its_ends() -> None:
    frames = tuple(StackFrame(file=CELL_FILE, line=line) for line in range(1, 102))
    lines = lines_of(Trace("E", frames=frames))

    assert "  … 80 more places …" in lines
    assert lines[-1] == "  this cell, line 100"


def test_notes_and_messages_of_many_lines_are_shown_and_cut() -> None:
    trace = Trace("E", "first\nsecond", notes=("a note", "\n".join("n" * 1000)))
    lines = lines_of(trace)

    assert lines[:3] == ["E: first", "second", "a note"]
    assert "… 980 lines left out here …" in lines


def test_an_implicit_cause_is_told_apart_from_a_given_one() -> None:
    trace = Trace("A", cause=Trace("B"), explicit=False)

    assert lines_of(trace) == ["A", "", "While handling", "B"]


def test_the_members_of_a_group_are_shown_and_counted() -> None:
    members = tuple(Trace(f"E{number}", "m") for number in range(7))
    lines = lines_of(Trace("ExceptionGroup", "two", exceptions=members))

    assert "Exception 1 of 7 in the group" in lines
    assert "E4: m" in lines
    assert "E5: m" not in lines
    assert lines[-1] == "… 2 more in the group, left out"

    inner = Trace("ExceptionGroup", "one", exceptions=(Trace("KeyError"),))
    nested = lines_of(Trace("ExceptionGroup", "two", exceptions=(members[0], inner)))
    assert "Exception 1 of 1 in exception 2" in nested


def test_endless_causes_and_groups_end() -> None:
    chain = Trace("E0")
    for number in range(500):
        chain = Trace(f"E{number}", cause=chain)
    tree = Trace("leaf", cause=chain)
    for _ in range(6):
        tree = Trace("ExceptionGroup", exceptions=(tree,) * 5, cause=tree)

    assert len(lines_of(chain)) < 30
    assert len(lines_of(tree)) < 300


def test_a_message_cannot_paint_the_terminal_nor_tell_addresses() -> None:
    lines = lines_of(Trace("E\x1b[2J", "\x1b[31mred <f at 0x7f12>\x07"))

    assert lines == ["E\\x1b[2J: red <f at 0x…>\\x07"]


def test_hostile_frames_are_shown_as_far_as_they_make_sense() -> None:
    frames = (
        StackFrame(file="<b>", line=7, excerpt=("x",), excerpt_start=1),
        StackFrame(file="", function="<script>"),
        StackFrame(CELL_FILE, 1, 2**31 - 1, 2**31 - 1, 1, excerpt=("a\nb\x1b[31m\u202e",)),
        StackFrame(CELL_FILE, 1, 5, 1, 2, "f", excerpt=("</pre>" * 50,) * 15),
    )
    for place in frames:
        bundle = mime_bundle(failed(Trace("E", frames=(place,), cause=Trace("F", frames=frames))))
        read(bundle["text/html"])
        assert "script" not in read(bundle["text/html"]).tags
        assert "\x1b" not in bundle["text/plain"]


def test_code_is_coloured_for_each_language() -> None:
    assert kinds_of(["def f():", "    # c"], "python") == [
        ["k"] * 3 + [""] + ["f"] + [""] * 3,
        [""] * 4 + ["c"] * 3,
    ]
    assert kinds_of(["const x = 12"], "javascript")[0][:5] == ["k"] * 5
    assert kinds_of(["x y"], "brainstorm") == [[""] * 3]


def test_without_pygments_code_is_plain_and_all_else_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from codeexec_magics.display import colours

    coloured = mime_bundle(failed(PYTHON_ERROR))
    colours._lexer.cache_clear()
    monkeypatch.setitem(sys.modules, "pygments.lexers", None)
    plain = mime_bundle(failed(PYTHON_ERROR))
    colours._lexer.cache_clear()

    assert "<span class=k>" in coloured["text/html"]
    assert "<span class=k>" not in plain["text/html"]
    assert seen(plain["text/html"]) == seen(coloured["text/html"])
    assert plain["text/plain"] == coloured["text/plain"]
