"""What a program printed, as it would stand in a terminal at the end.

Lives wherever a result is shown and owns nothing. A progress bar that redraws its line by a
carriage return leaves its last state, colours are taken out, long output keeps both its ends.
"""

from __future__ import annotations

from codeexec_magics.display.blocks import Clip, Stream
from codeexec_magics.display.wording import (
    HEAD_LINES,
    TAIL_LINES,
    clip,
    count_lines,
    without_terminal_codes,
)


def stream_of(name: str, text: str, *, unfolded: bool = False) -> Stream | None:
    """The block of a stream; None if the program printed nothing."""
    if not text:
        return None
    return Stream(name, count_lines(text), _settled(text), unfolded)


def _settled(text: str) -> Clip:
    lines = text.count("\n")
    if lines <= HEAD_LINES + TAIL_LINES:
        return clip(_redrawn(text))

    # Only the ends of a long text are looked at: it may have millions of lines.
    head = text.split("\n", HEAD_LINES)[:HEAD_LINES]
    tail = text.removesuffix("\n").rsplit("\n", TAIL_LINES)[1:]
    shown = clip(_redrawn("\n".join([*head, *tail])))
    left_out = count_lines(text) - HEAD_LINES - TAIL_LINES
    return Clip(shown.head[:HEAD_LINES], left_out, (shown.head + shown.tail)[HEAD_LINES:])


def _redrawn(text: str) -> str:
    lines = (_last_state(line) for line in without_terminal_codes(text).split("\n"))
    return "\n".join(lines)


def _last_state(line: str) -> str:
    line = line.rstrip("\r")
    return line.rpartition("\r")[2] if "\r" in line else line
