from __future__ import annotations

import io
import sys
from types import SimpleNamespace

import pytest

from codeexec_magics.magics import streams as streams_module
from codeexec_magics.magics.streams import LiveStreams


class Screen(io.StringIO):
    """A stream that counts how often it is flushed."""

    flushes = 0

    def flush(self) -> None:
        self.flushes += 1
        super().flush()


@pytest.fixture
def screens(monkeypatch: pytest.MonkeyPatch) -> dict[str, Screen]:
    found = {"stdout": Screen(), "stderr": Screen()}
    # In place of the module, since pytest changes the real streams between set-up and test.
    monkeypatch.setattr(streams_module, "sys", SimpleNamespace(**found))
    return found


def test_text_within_the_limit_is_shown_as_it_is(screens: dict[str, Screen]) -> None:
    streams = LiveStreams(10)
    for piece in ("ab\n", "cd", "efghi"):
        streams.write("stdout", piece)
    streams.write("stderr", "é😀")
    streams.finish()

    assert screens["stdout"].getvalue() == "ab\ncdefghi"
    assert screens["stderr"].getvalue() == "é😀"


def test_the_first_piece_is_handed_over_at_once(screens: dict[str, Screen]) -> None:
    LiveStreams(10).write("stdout", "a")

    assert screens["stdout"].flushes == 1


def test_many_pieces_are_not_each_a_message(screens: dict[str, Screen]) -> None:
    streams = LiveStreams(10_000_000)
    for _ in range(20_000):
        streams.write("stdout", "a")

    assert screens["stdout"].flushes < 2_000


def test_above_the_limit_head_and_tail_are_shown_and_the_rest_is_counted(
    screens: dict[str, Screen],
) -> None:
    streams = LiveStreams(1_000)
    text = "".join(f"{number}\n" for number in range(100_000))
    for start in range(0, len(text), 777):
        streams.write("stdout", text[start : start + 777])
    streams.finish()
    streams.finish()

    shown = screens["stdout"].getvalue()
    head, _, rest = shown.partition("\n[… ")
    notice, _, tail = rest.partition(" …]\n")
    assert head == text[:1_000]
    assert tail == text[-4_000:]
    assert notice == f"{len(text) - 5_000:,} characters are not shown"


def test_text_a_little_above_the_limit_is_shown_whole(screens: dict[str, Screen]) -> None:
    streams = LiveStreams(10)
    streams.write("stdout", "x" * 4_010)
    streams.finish()

    assert screens["stdout"].getvalue() == "x" * 4_010


def test_one_stream_does_not_use_up_the_other_s_room(screens: dict[str, Screen]) -> None:
    streams = LiveStreams(10)
    streams.write("stdout", "x" * 1_000_000)
    streams.write("stderr", "the reason")
    streams.finish()

    assert screens["stderr"].getvalue() == "the reason"


def test_a_flood_is_not_held_in_memory(screens: dict[str, Screen]) -> None:
    streams = LiveStreams(10)
    piece = "x" * 1_000_000
    for _ in range(50):
        streams.write("stdout", piece)

    assert sum(len(bounded.tail) for bounded in streams._streams.values()) <= 4_000


def test_a_hidden_stream_is_not_shown(screens: dict[str, Screen]) -> None:
    streams = LiveStreams(10, frozenset({"stdout"}))
    streams.write("stdout", "secret")
    streams.write("stderr", "seen")
    streams.finish()

    assert screens["stdout"].getvalue() == ""
    assert screens["stderr"].getvalue() == "seen"


def test_a_terminal_with_few_characters_shows_the_others_escaped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, "ascii", write_through=True))
    LiveStreams(100).write("stdout", "naïve\n")

    assert written.getvalue() == b"na\\xefve\n"


def test_a_process_without_a_console_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    streams = LiveStreams(3)
    streams.write("stdout", "abcdef")
    streams.finish()

    assert streams.in_line


@pytest.mark.parametrize(("text", "open_line"), [("", False), ("a\n", False), ("a", True)])
def test_an_unfinished_line_is_known(
    screens: dict[str, Screen], text: str, open_line: bool
) -> None:
    streams = LiveStreams(100)
    streams.write("stdout", text)

    assert streams.in_line is open_line


def test_no_more_lines_are_shown_than_can_be_scrolled_through(screens: dict[str, Screen]) -> None:
    streams = LiveStreams(10_000_000)
    for start in range(0, 10_000, 1_000):
        lines = range(start, start + 1_000)
        streams.write("stdout", "".join(f"{number}\n" for number in lines))
    streams.finish()

    shown = screens["stdout"].getvalue()
    assert shown.startswith("".join(f"{number}\n" for number in range(2_000)) + "\n[… ")
    assert shown.endswith("9999\n")
    assert shown.count("\n") < 3_000
    (left_out,) = streams.left_out.values()
    assert f"[… {left_out:,} characters are not shown …]" in shown
