"""Who hears of a run, and what of it others may see while it goes on.

Lives in the kernel. Owns nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from codeexec_magics.engine.displays import Change
from codeexec_magics.engine.timers import Timer
from codeexec_magics.leases.figures import RunFigures


class Running(Protocol):
    """What is under way, one run or the runs of a map; any thread may ask it."""

    @property
    def under_way(self) -> bool:
        """Whether it has processes."""

    @property
    def asked(self) -> bool:
        """Whether it has been asked to end."""

    def figures(self) -> RunFigures:
        """What its processes use now; all zeros where there are none."""

    def printed(self, stream: str) -> str:
        """What is kept of ``stdout`` or ``stderr`` so far."""

    def interrupt(self) -> None:
        """Interrupt it; the second time, kill it."""


@dataclass(frozen=True, slots=True)
class Observer:
    """Who wants to hear of a run while it goes on; called in the thread that executes.

    Attributes:
        output: ``("stdout" | "stderr", text)``, decoded, in batches.
        display: A MIME bundle and its metadata.
        change: A display that has a name, or a change of what has been displayed.
        progress: Done, total (or None), text.
        started: What is under way; any thread may then interrupt it.
        read: The inputs have been read: what changes in them from now on is not the program's.
        timers: What the run's loop has to do meanwhile, for example a `timers.Pulse`.
    """

    output: Callable[[str, str], None] | None = None
    display: Callable[[dict[str, Any], dict[str, Any]], None] | None = None
    change: Callable[[Change], None] | None = None
    progress: Callable[[float, float | None, str], None] | None = None
    started: Callable[[Running], None] | None = None
    read: Callable[[], None] | None = None
    timers: tuple[Timer, ...] = ()
