"""Streams read as in a terminal, and the style travels in the parts that a card needs."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from display_samples import EVERY_OUTCOME, done

from codeexec_magics.display import mime_bundle
from codeexec_magics.display.blocks import Stream
from codeexec_magics.display.streams import stream_of
from codeexec_magics.display.style import style_of

PARTS = [
    *("base", "body", "fold", "scroll", "table", "tree", "picture", "progress", "failure", "code")
]
STATES = ["ok", "bad", "warn", "stop", "run"]


def stream(text: str) -> Stream:
    block = stream_of("stdout", text)
    assert block is not None
    return block


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("one\ntwo\n", ("one", "two")),
        ("no end", ("no end",)),
        ("\n", ("",)),
        ("10 %\r50 %\r100 %\n", ("100 %",)),
        ("dos\r\nlines\r\n", ("dos", "lines")),
        ("waits\r", ("waits",)),
        ("\x1b[32mok\x1b[0m\x1b[K", ("ok",)),
        ("bell\x07", ("bell\\x07",)),
    ],
)
def test_a_stream_is_what_a_terminal_would_show_at_the_end(
    text: str, lines: tuple[str, ...]
) -> None:
    assert stream(text).clip.head == lines


def test_a_long_stream_keeps_both_its_ends_and_is_counted() -> None:
    block = stream("".join(f"row {row}\r\n" for row in range(3000)))

    assert block.lines == 3000
    assert block.clip.left_out == 2980
    assert block.clip.head == tuple(f"row {row}" for row in range(12))
    assert block.clip.tail == tuple(f"row {row}" for row in range(2992, 3000))


@pytest.mark.parametrize("lines", [19, 20, 21, 22])
def test_at_the_limit_every_line_is_shown_or_counted(lines: int) -> None:
    for end in ("", "\n"):
        clip = stream("\n".join(str(line) for line in range(lines)) + end).clip
        shown = len(clip.head) + len(clip.tail)
        assert shown + clip.left_out == lines
        assert (*clip.head, *clip.tail)[-1] == str(lines - 1)


def test_a_line_without_end_is_cut() -> None:
    assert len(stream("x" * 10_000_000).clip.head[0]) == 300


def test_an_empty_stream_has_no_block() -> None:
    assert stream_of("stdout", "") is None


def test_blank_lines_do_not_end_the_html_in_markdown() -> None:
    page = mime_bundle(done("a\n\n \t\n\nb\n", stdout="\n\nx\n\n"))["text/html"]

    assert not re.search(r"\n[ \t]*\n", page)
    assert "a&#10;&#10; \t&#10;\nb" in page


@pytest.mark.parametrize("part", [*PARTS, *STATES])
def test_each_part_of_the_style_is_complete_and_small(part: str) -> None:
    rules = style_of([part])

    assert 0 < len(rules) < 2_000
    assert rules.count("{") == rules.count("}")
    assert "\n" not in rules
    assert "/*" not in rules
    assert "icon(" not in rules
    assert "<" not in rules


def test_every_variable_of_the_style_is_defined() -> None:
    rules = style_of([*PARTS, *STATES])

    used = set(re.findall(r"var\((--[a-z]+)[,)]", rules))
    defined = set(re.findall(r"[{;](--[a-z]+):", rules))
    assert {name for name in used if not name.startswith("--jp")} <= defined


def test_a_card_has_the_parts_that_it_needs_and_no_others() -> None:
    scalar = mime_bundle(EVERY_OUTCOME["succeeded"])["text/html"]
    failure = mime_bundle(EVERY_OUTCOME["failed"])["text/html"]

    assert style_of(["base", "body", "ok"]) in scalar
    assert style_of(["code"]) not in scalar
    for part in ("base", "body", "fold", "failure", "code", "bad"):
        assert style_of([part]) in failure
    assert style_of(["table"]) not in failure


def test_every_class_that_a_card_uses_has_a_rule() -> None:
    class Classes(HTMLParser):
        found: set[str]

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            for name, value in attrs:
                if name == "class":
                    self.found.update((value or "").split())

    parser = Classes()
    parser.found = set()
    rows = [{"n": 1, "s": None}]
    for result in [*EVERY_OUTCOME.values(), done(rows)]:
        parser.feed(mime_bundle(result, chip=True)["text/html"])

    rules = style_of([*PARTS, *STATES])
    assert {"cx1", "cx1-ok", "cx1-h", "cx1-b", "cx1-t", "cx1-c", "cx1-e", "r", "k"} <= parser.found
    missing = {name for name in parser.found if not re.search(rf"\.{name}\b", rules)}
    # Markers for MathJax, and the chip, which tools find by its class.
    assert missing == {"mathjax_ignore", "tex2jax_ignore", "cx1-v"}
