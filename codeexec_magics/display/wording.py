"""Make text fit to be shown: nothing invisible, nothing volatile, nothing too long.

Lives wherever a result is shown and owns nothing. Pure functions on exact strings.
"""

from __future__ import annotations

import re
import unicodedata

from codeexec_magics.display.blocks import Clip

LONGEST_VALUE = 120
"""Characters that one value beside others may take."""
LONGEST_LINE = 300
"""Characters of one line of a text."""
HEAD_LINES = 12
"""Lines that are shown of the beginning of a long text."""
TAIL_LINES = 8
"""Lines that are shown of its end."""

_TERMINAL = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]P^_X][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])"
)
# Controls but tab and newline; marks that reorder what stands beside them, so that code reads
# otherwise than it runs; halves of surrogate pairs, which no encoder takes.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
_ADDRESS = re.compile(r"\b(at |id=)0x[0-9A-Fa-f]+")


def visible(text: str) -> str:
    """The text with controls, reordering marks and lone surrogates written as escapes."""
    return _UNSEEN.sub(_escape, text)


def on_one_line(text: str) -> str:
    """The same, with line ends and tabs written as escapes too."""
    return visible(text).replace("\n", "\\n").replace("\t", "\\t")


def without_terminal_codes(text: str) -> str:
    """The text without colours and cursor movements, as a log keeps it."""
    return _TERMINAL.sub("", text) if "\x1b" in text else text


def without_addresses(text: str) -> str:
    """``<object at 0x7f…>`` with the address masked: it differs from run to run."""
    return _ADDRESS.sub(r"\g<1>0x…", text)


def cut(text: str, longest: int = LONGEST_VALUE) -> str:
    """The text, its end replaced by an ellipsis if it is longer than that."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def counted(number: int, noun: str, plural: str = "") -> str:
    """``1 line``, ``3,000 lines``, ``2 processes``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def count_lines(text: str) -> int:
    """How many lines a text has; a last line without an end counts."""
    return text.count("\n") + (not text.endswith("\n")) if text else 0


def clip(text: str, *, longest: int = LONGEST_LINE) -> Clip:
    """The beginning and the end of a text, each line cut; reads no more of it than it must."""
    text = text.removesuffix("\n")
    lines = text.count("\n") + 1
    if lines <= HEAD_LINES + TAIL_LINES:
        return Clip(tuple(_line(line, longest) for line in text.split("\n")))
    head = text.split("\n", HEAD_LINES)[:HEAD_LINES]
    tail = text.rsplit("\n", TAIL_LINES)[1:]
    return Clip(
        tuple(_line(line, longest) for line in head),
        lines - HEAD_LINES - TAIL_LINES,
        tuple(_line(line, longest) for line in tail),
    )


def width(text: str) -> int:
    """Columns that a text takes in a terminal: East Asian characters two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(_columns(character) for character in text)


def _line(line: str, longest: int) -> str:
    return cut(visible(line[: longest + 1]), longest)


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def _columns(character: str) -> int:
    if unicodedata.combining(character) or character in "\u200b\u200d\ufe0f":
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
