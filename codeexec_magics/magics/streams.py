"""Show a program's output while it comes, bounded in what is shown.

Runs in the kernel, in the thread that executes. It holds at most a tail of each stream; all else
is passed on or counted. The bounds are counted for each stream on its own, so that the same
program shows the same text however its two streams interleave.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass

_TAIL = 4_000
_MOST_LINES = 2_000
"""Lines of a stream that are shown from its start: a page of more cannot be scrolled through."""
_FLUSH_SECONDS = 0.05  # at most 20 messages a second to the front end; the first one at once


@dataclass(slots=True)
class _Bounded:
    """One stream: how much may still be shown, and what comes after that."""

    room: int
    shown: int = 0
    tail: str = ""
    skipped: int = 0
    lines: int = _MOST_LINES
    left_out: int = 0

    def take(self, text: str) -> str:
        """The part of new text that is shown now; the rest goes to the tail."""
        end = self._end(text)
        head, rest = text[:end], text[end:]
        self.room -= len(head)
        self.shown += len(head)
        if rest:
            kept = (self.tail + rest)[-_TAIL:] if len(rest) < _TAIL else rest[-_TAIL:]
            self.skipped += len(self.tail) + len(rest) - len(kept)
            self.tail = kept
        return head

    def _end(self, text: str) -> int:
        """Where the part ends that is shown now."""
        end = min(self.room, len(text))
        lines = text.count("\n", 0, end)
        if lines >= self.lines:
            place = -1
            for _ in range(self.lines):
                place = text.index("\n", place + 1)
            end, lines, self.room = place + 1, self.lines, place + 1
        self.lines -= lines
        return end

    def ending(self) -> str:
        """What is shown after the program's end: how much is missing, and the tail."""
        tail, self.tail = self.tail, ""
        skipped, self.skipped = self.skipped, 0
        if not skipped:
            return tail
        self.left_out += skipped
        return f"\n[… {skipped:,} characters are not shown …]\n{tail}"


class LiveStreams:
    """Passes text on to ``sys.stdout`` and ``sys.stderr`` as a front end can take it.

    Args:
        limit: Characters of each stream that are shown from its start.
        hidden: The streams that are not shown.
    """

    def __init__(self, limit: int, hidden: frozenset[str] = frozenset()) -> None:
        self._streams = {
            name: _Bounded(room=limit) for name in ("stdout", "stderr") if name not in hidden
        }
        self._flushed = float("-inf")
        self._last = "\n"

    @property
    def in_line(self) -> bool:
        """Whether what was shown last did not end its line."""
        return self._last != "\n"

    @property
    def left_out(self) -> dict[str, int]:
        """How many characters of which streams are not shown."""
        return {name: each.left_out for name, each in self._streams.items() if each.left_out}

    def write(self, stream: str, text: str) -> None:
        """Show a piece of a stream, or count it where its room is used up."""
        bounded = self._streams.get(stream)
        if bounded is None:
            return
        shown = bounded.take(text)
        if shown:
            self._write(stream, shown)
            self._flush_in_time()

    def finish(self) -> None:
        """Show the tails; safe to call twice."""
        for name, bounded in self._streams.items():
            ending = bounded.ending()
            if ending:
                self._write(name, ending)
        self.flush()

    def flush(self) -> None:
        """Hand everything over now, so that what is displayed next comes after it."""
        for name, bounded in self._streams.items():
            if bounded.shown:
                target = getattr(sys, name)
                if target is not None:
                    target.flush()
        self._flushed = time.monotonic()

    def _write(self, stream: str, text: str) -> None:
        self._last = text[-1:]
        _write(stream, text)

    def _flush_in_time(self) -> None:
        # Text that is not flushed here is not lost: the kernel's streams flush by themselves soon.
        if time.monotonic() - self._flushed >= _FLUSH_SECONDS:
            self.flush()


def _write(stream: str, text: str) -> None:
    target = getattr(sys, stream)
    if target is None:  # a process without a console
        return
    try:
        target.write(text)
    except UnicodeEncodeError:  # a terminal that has fewer characters than the program
        encoding = getattr(target, "encoding", None) or "ascii"
        target.write(text.encode(encoding, "backslashreplace").decode(encoding))
