"""A line that tells how a run is getting on, in an output slot of its own.

Runs in the kernel, in the thread that executes; of a job that is another one than the cell's. What
the slot holds at the end is up to its owner: a cell that has waited empties it, so that a saved
notebook keeps nothing of it, and a job leaves its card there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from IPython.display import display

from codeexec_magics.display.bundle import METADATA_KEY, running_card
from codeexec_magics.engine.observer import Running
from codeexec_magics.engine.timers import Pulse

_SECONDS_BETWEEN = 0.25
_SLOWER_AFTER = 60.0
_SLOWLY = 1.0
_LONGEST_LINE = 200


class LiveLine:
    """Shows a run's figures, its progress and its last line, four times a second at most.

    Args:
        language: The language's name.
        delay: Seconds until it is shown; a run that has ended by then shows none.
        tells: The streams whose last line is part of it: those that are not shown as they come.
        waits: Whether the slot must not be made now: a line that is not ended, such as a bar of
            tqdm, would be torn apart.
    """

    def __init__(
        self,
        language: str,
        delay: float,
        tells: frozenset[str],
        waits: Callable[[], bool] = lambda: False,
    ) -> None:
        self._language = language
        self._tells = tells
        self._waits = waits
        self._began = time.monotonic()
        self._delay = delay
        self._execution: Running | None = None
        self._slot: Any = None
        self._shown = float("-inf")
        self._broken = False
        self._last = ""
        self._progress: tuple[float, float | None, str] | None = None

    @property
    def pulse(self) -> Pulse:
        """What the run has to call."""
        return Pulse(self.beat, self._began + self._delay, _SECONDS_BETWEEN)

    def open(self, bundle: dict[str, Any] | None = None) -> None:
        """Make the slot now, where the output is that is shown next.

        Args:
            bundle: What it holds at first.
        """
        if self._slot is None:
            self._slot = display(bundle or {}, raw=True, display_id=True, metadata=volatile())

    def follow(self, execution: Running) -> None:
        """Take note of the run whose figures are shown."""
        self._execution = execution

    def hear(self, stream: str, text: str) -> None:
        """Take note of what the program prints."""
        if stream in self._tells:
            self._last = (self._last + text[-_LONGEST_LINE:])[-_LONGEST_LINE:]

    def progress(self, done: float, total: float | None, text: str) -> None:
        """Show at once how far the program is."""
        self._progress = (done, total, text)
        if time.monotonic() - self._shown >= _SECONDS_BETWEEN:
            self._show()

    def replace(self, bundle: dict[str, Any], metadata: dict[str, Any]) -> None:
        """Put something else into the slot, if there is one; the run is let go of."""
        self._execution = None  # it holds its observer, and that this: not until a collection comes
        if self._slot is not None:
            self._slot.update(bundle, raw=True, metadata=metadata)

    def clear(self) -> None:
        """Empty the slot; safe to call when there is none."""
        self.replace({}, volatile())
        self._slot = None

    def close(self) -> None:
        """Show nothing more: the program empties its output by itself, and the slot with it."""
        self._slot = None
        self._broken = True

    def beat(self) -> float:
        """Show how it is getting on; returns the seconds until it is to be shown again."""
        self._show()
        is_long = time.monotonic() - self._began > _SLOWER_AFTER
        return _SLOWLY if is_long else _SECONDS_BETWEEN

    def _show(self) -> None:
        if self._broken or (self._slot is None and self._waits()):
            return
        try:
            self._draw()
        except Exception:  # noqa: BLE001 - a front end that has gone must not end the program
            self._broken = True

    def _draw(self) -> None:
        self._shown = time.monotonic()
        bundle = self.card()
        self.open()
        self._slot.update(bundle, raw=True, metadata=volatile())

    def card(self) -> dict[str, Any]:
        """What the slot shows now."""
        now = self._execution.figures() if self._execution is not None else None
        return running_card(
            self._language,
            seconds=self._shown - self._began,
            cpu_time=now.cpu_time if now else None,
            memory=now.memory if now else None,
            processes=now.count if now else None,
            progress=self._progress,
            last_output=self._last.rstrip("\n").rpartition("\n")[2],
        )


def volatile(figures: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The metadata of an output that another run of the notebook need not have."""
    return {METADATA_KEY: {**(figures or {}), "volatile": True}}
