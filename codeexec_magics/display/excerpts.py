"""The lines of source around a failure, with the exact span that failed.

Lives wherever a result is shown and owns nothing. A long line is shown around its span; where a
runtime tells only where the span begins, it is taken to be the name that stands there.
"""

from __future__ import annotations

import re
from itertools import groupby

from codeexec_magics.display.blocks import Excerpt, Line, Segment
from codeexec_magics.display.colours import kinds_of
from codeexec_magics.display.secrets import shown_value
from codeexec_magics.display.wording import on_one_line, visible
from codeexec_magics.values.traces import StackFrame

_LONGEST = 160
_BEFORE_SPAN = 60
_MOST_LINES = 7
_MOST_VALUES = 6
_NAME = re.compile(r"[\w$]+(?:\.[\w$]+)*|.")


def excerpt_of(frame: StackFrame, *, language: str, hide_secrets: bool = True) -> Excerpt | None:
    """The block that shows where a frame is; None if its source is not known."""
    if frame.line is None or not frame.excerpt:
        return None
    rows = _nearest_rows(frame)
    if not rows:
        return None

    # A line comes from the program's process and may hold anything, a line end too.
    texts = [frame.excerpt[row].replace("\n", " ") for row in rows]
    last = max(frame.line, min(frame.end_line or frame.line, frame.excerpt_start + rows[-1]))
    values = frame.values[:_MOST_VALUES]
    shown = tuple(
        (on_one_line(name)[:60], shown_value(name, value, hide_secrets=hide_secrets))
        for name, value in values
    )
    lines = []
    for row, text, kinds in zip(rows, texts, kinds_of(texts, language), strict=True):
        number = frame.excerpt_start + row
        failing = frame.line <= number <= last
        segments = _segments(text, kinds, _span(frame, number, text))
        lines.append(Line(number, segments, failing, shown if number == last else ()))
    return Excerpt(tuple(lines))


def _nearest_rows(frame: StackFrame) -> range:
    """The rows of the excerpt that are shown: the failing one and its neighbours."""
    assert frame.line is not None
    row = frame.line - frame.excerpt_start
    size = len(frame.excerpt)
    if not 0 <= row < size:
        return range(0)
    first = max(0, min(row - _MOST_LINES // 2, size - _MOST_LINES))
    last = min(size, first + _MOST_LINES) - 1
    while first < row and not frame.excerpt[first].strip():
        first += 1
    while last > row and not frame.excerpt[last].strip():
        last -= 1
    return range(first, last + 1)


def _span(frame: StackFrame, number: int, text: str) -> tuple[int, int]:
    """The part of line ``number`` that failed, as indices into its text; empty if none is known."""
    if frame.line is None or frame.column is None:
        return 0, 0
    last = frame.end_line or frame.line
    if not frame.line <= number <= last:
        return 0, 0

    start = frame.column - 1 if number == frame.line else len(text) - len(text.lstrip())
    if frame.end_column is None:
        name = _NAME.match(text, start) if number == frame.line else None
        return (start, name.end()) if name else (0, 0)
    end = frame.end_column - 1 if number == last else len(text)
    return (start, min(end, len(text))) if start < end else (0, 0)


def _segments(text: str, kinds: list[str], span: tuple[int, int]) -> tuple[Segment, ...]:
    start, end = span
    first, last = _window(len(text), start if start < end else 0)
    marks = [start <= position < end for position in range(len(text))]
    parts = [Segment("…")] if first else []
    position = first
    for (kind, marked), run in groupby(zip(kinds[first:last], marks[first:last], strict=True)):
        length = sum(1 for _ in run)
        parts.append(Segment(visible(text[position : position + length]), kind, marked))
        position += length
    return (*parts, Segment("…")) if last < len(text) else tuple(parts)


def _window(length: int, start: int) -> tuple[int, int]:
    if length <= _LONGEST:
        return 0, length
    first = max(0, min(start - _BEFORE_SPAN, length - _LONGEST))
    return first, min(length, first + _LONGEST)
