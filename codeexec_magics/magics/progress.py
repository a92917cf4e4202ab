"""A line that tells how far a program is, and is gone when the program has ended.

Runs in the kernel, in the thread that executes. The line lives in an output slot of its own: a
notebook that is saved afterwards holds an empty one, whatever the speed of the run was.
"""

from __future__ import annotations

import time
from typing import Any

from IPython.display import display

_SECONDS_BETWEEN = 0.05


class ProgressLine:
    """Shows progress in place.

    Args:
        live: Whether the front end can change what it has shown.
    """

    def __init__(self, *, live: bool) -> None:
        self._live = live
        self._slot: Any = None
        self._shown = float("-inf")

    def show(self, done: float, total: float | None, text: str) -> None:
        """Show how far it is, at most twenty times a second."""
        if not self._live or time.monotonic() - self._shown < _SECONDS_BETWEEN:
            return
        of_total = f" of {total:g}" if total is not None else ""
        self._update({"text/plain": f"{done:g}{of_total} {text}".strip()})
        self._shown = time.monotonic()

    def clear(self) -> None:
        """Empty the line; safe to call when there is none."""
        if self._slot is not None:
            self._slot.update({}, raw=True)
            self._slot = None

    def _update(self, bundle: dict[str, str]) -> None:
        if self._slot is None:
            self._slot = display({}, raw=True, display_id=True)
        self._slot.update(bundle, raw=True)
