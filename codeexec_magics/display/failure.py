"""Tell a failure: what was thrown, where in the cell, with which values, and why.

Lives wherever a result is shown and owns nothing. The newest failure comes first and its causes
below it; each shows the deepest line of the cell, and the line of the user's own file that threw,
if that is another. All other frames are named and folded.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from itertools import groupby, islice

from codeexec_magics.display.blocks import (
    Block,
    Frames,
    Headline,
    Plain,
    Remark,
)
from codeexec_magics.display.colours import is_known
from codeexec_magics.display.excerpts import excerpt_of
from codeexec_magics.display.wording import (
    clip,
    counted,
    cut,
    on_one_line,
    without_addresses,
    without_terminal_codes,
)
from codeexec_magics.values.traces import CELL_FILE, StackFrame, Trace

_MOST_CAUSES = 6
_MOST_MEMBERS = 5
_DEEPEST_GROUP = 3
_MOST_FRAMES = 20
_MOST_BLOCKS = 80
_LIBRARY_FOLDERS = ("site-packages", "dist-packages", "node_modules")


class FailureTeller:
    """Turns traces into blocks.

    Args:
        language: Whose code the excerpts are.
        hide_secrets: Whether values that look secret are hidden.
    """

    def __init__(self, *, language: str, hide_secrets: bool = True) -> None:
        self._language = language
        self._hide_secrets = hide_secrets
        self._numbers: list[str] = []

    def thrown(self, trace: Trace) -> tuple[Block, ...]:
        """The blocks of a failure and of all that is behind it."""
        self._numbers.clear()
        blocks = tuple(islice(self._chain(trace, depth=0), _MOST_BLOCKS + 1))
        if len(blocks) > _MOST_BLOCKS:
            return (*blocks[:_MOST_BLOCKS], Remark("… more failures, left out"))
        return blocks

    def stopped(self, trace: Trace) -> tuple[Block, ...]:
        """The blocks that show where a program was when it was stopped."""
        return tuple(self._places(trace, "stopped at"))

    def _chain(self, trace: Trace, depth: int) -> Iterator[Block]:
        shown: Trace | None = trace
        for _ in range(_MOST_CAUSES):
            assert shown is not None
            yield from self._one(shown, depth)
            if shown.cause is None:
                return
            yield Remark("Caused by" if shown.explicit else "While handling")
            shown = shown.cause
        yield Remark("… an older failure, left out")

    def _one(self, trace: Trace, depth: int) -> Iterator[Block]:
        yield headline(trace.type, trace.message)
        yield from (_note(note) for note in trace.notes)
        yield from self._places(trace, "at")
        yield from self._members(trace.exceptions, depth)

    def _members(self, members: Sequence[Trace], depth: int) -> Iterator[Block]:
        if depth == _DEEPEST_GROUP and members:
            yield Remark(f"… {counted(len(members), 'exception')} inside, left out")
            return
        where = f"exception {'.'.join(self._numbers)}" if self._numbers else "the group"
        for number, member in enumerate(members[:_MOST_MEMBERS], start=1):
            yield Remark(f"Exception {number} of {len(members)} in {where}")
            self._numbers.append(str(number))
            yield from self._chain(member, depth + 1)
            self._numbers.pop()
        if len(members) > _MOST_MEMBERS:
            yield Remark(f"… {len(members) - _MOST_MEMBERS} more in the group, left out")

    def _places(self, trace: Trace, verb: str) -> Iterator[Block]:
        frames = trace.frames
        if not frames:
            return
        # By position: the frames of a recursion may well be equal.
        deepest = _last(frames, trace.place, default=len(frames) - 1)
        yield from self._at(frames[deepest], verb)
        users = [position for position, frame in enumerate(frames) if frame.user]
        thrower = users[-1] if users else deepest
        if thrower != deepest:
            yield from self._at(frames[thrower], "reached from there:")

        shown = {deepest, thrower}
        others = [frame for position, frame in enumerate(frames) if position not in shown]
        if others:
            yield _stack(others)

    def _at(self, frame: StackFrame, verb: str) -> Iterator[Block]:
        remark = _place(frame)
        yield Remark(f"{verb} {remark.text}", remark.code)
        # A file of another language has its own colours: its suffix is a name that lexers know.
        suffix = os.path.splitext(frame.file)[1][1:]
        language = suffix if suffix and is_known(suffix) else self._language
        excerpt = excerpt_of(frame, language=language, hide_secrets=self._hide_secrets)
        if excerpt is not None:
            yield excerpt


def headline(kind: str, message: str) -> Headline:
    """The headline of an exception of that type."""
    text = without_addresses(without_terminal_codes(message))
    return Headline(cut(on_one_line(kind)), clip(text))


def short_path(path: str) -> str:
    """A file's place as it is the same on all machines: in its library, or its last two parts."""
    parts = path.replace("\\", "/").split("/")
    for folder in _LIBRARY_FOLDERS:
        if folder in parts[:-1]:
            last = len(parts) - 1 - parts[::-1].index(folder)
            return "/".join(parts[last + 1 :])
    return "/".join(part for part in parts[-2:] if part)


def _last(frames: Sequence[StackFrame], wanted: StackFrame | None, *, default: int) -> int:
    found = [position for position, frame in enumerate(frames) if frame is wanted]
    return found[-1] if found else default


def _note(note: str) -> Plain:
    return Plain(clip(without_addresses(without_terminal_codes(note))))


def _place(frame: StackFrame) -> Remark:
    file = "this cell" if frame.file == CELL_FILE else short_path(frame.file) or "somewhere"
    text = cut(on_one_line(file))
    if frame.line is not None:
        text += f", line {frame.line}"
    if not frame.function:
        return Remark(text)
    return Remark(f"{text}, in", cut(on_one_line(frame.function), 80))


def _stack(frames: Sequence[StackFrame]) -> Frames:
    # A recursion shows each of its lines once, with how often.
    places = []
    for place, same in groupby(_place(frame) for frame in frames):
        times = sum(1 for _ in same)
        places.append(place if times == 1 else Remark(f"{times:,} × {place.text}", place.code))
    if len(places) > _MOST_FRAMES:
        half = _MOST_FRAMES // 2
        left_out = Remark(f"… {counted(len(places) - 2 * half, 'more place')} …")
        places = [*places[:half], left_out, *places[-half:]]
    return Frames(f"call stack, {counted(len(frames), 'more frame')}", tuple(places))
