"""How long to go on killing: as long as it can help.

Runs in reapers and in the supervisor. Owns nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from . import processes

_STUCK = 2.0
"""Seconds without a pause. A look alone says little: a process that waits for its child's exec, as
shells do, is uninterruptible for that moment, and on an overrun machine a moment is long."""


class KillDeadline:
    """The time for one end of everything; begins when it is made.

    Args:
        soon: Seconds from which on what the kernel does not let go of is looked for.
        longest: Seconds for what can be killed: on a machine that is overrun its end takes time.
    """

    def __init__(self, *, soon: float, longest: float) -> None:
        self._soon = soon
        self._longest = longest
        self._began = time.monotonic()
        self._stuck_since: float | None = None

    @property
    def seconds(self) -> float:
        """How long it has taken so far."""
        return time.monotonic() - self._began

    def is_over(self, left: Callable[[], list[int]]) -> bool:
        """Whether it is to be given up; called in every round.

        Args:
            left: Tells the processes that are left; called only when it has taken long.
        """
        seconds = self.seconds
        if seconds < self._soon:
            return False
        if not all(map(processes.is_stuck, left())):
            self._stuck_since = None
        elif self._stuck_since is None:
            self._stuck_since = seconds
        is_stuck = self._stuck_since is not None and seconds - self._stuck_since > _STUCK
        return is_stuck or seconds > self._longest
