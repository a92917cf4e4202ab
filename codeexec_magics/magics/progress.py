"""A line that tells how far a program is, and is gone when the program has ended.

Runs in the kernel, in the thread that executes. For a program that records a notebook the line
lives in an output slot of its own: what is saved afterwards holds an empty one, whatever the speed
of the run was. A terminal draws it in place, if a person looks at it.
"""

from __future__ import annotations

import sys
import time
from typing import Any

from IPython.display import display

from codeexec_magics.display.figures import progress_in_words
from codeexec_magics.magics.front_end import FrontEnd

_SECONDS_BETWEEN = 0.05
_LONGEST = 78
_ERASED = "\r\x1b[K"


class ProgressLine:
    """Shows progress in place; nothing where a person has a card for that.

    Args:
        seen_by: Who looks.
    """

    def __init__(self, seen_by: FrontEnd) -> None:
        self._seen_by = seen_by
        self._slot: Any = None
        self._drawn = False
        self._began = time.monotonic()
        self._shown = float("-inf")

    def show(self, done: float, total: float | None, text: str) -> None:
        """Show how far it is, at most twenty times a second."""
        now = time.monotonic()
        if now - self._shown < _SECONDS_BETWEEN:
            return
        self._shown = now
        if self._seen_by is FrontEnd.RECORDER:
            self._update({"text/plain": progress_in_words(done, total, text)})
        elif self._seen_by is FrontEnd.TERMINAL and _is_terminal():
            words = " ".join(progress_in_words(done, total, text, now - self._began).split())
            self._drawn = True
            sys.stderr.write(f"{_ERASED}{words[:_LONGEST]}")
            sys.stderr.flush()

    def clear(self) -> None:
        """Empty the line; safe to call when there is none."""
        if self._slot is not None:
            self._slot.update({}, raw=True)
            self._slot = None
        self.make_way()

    def make_way(self) -> None:
        """Let what comes next have the terminal's line."""
        if self._drawn:
            self._drawn = False
            sys.stderr.write(_ERASED)
            sys.stderr.flush()

    def _update(self, bundle: dict[str, str]) -> None:
        if self._slot is None:
            self._slot = display({}, raw=True, display_id=True)
        self._slot.update(bundle, raw=True)


def _is_terminal() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()
