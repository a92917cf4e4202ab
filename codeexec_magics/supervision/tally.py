"""What has ended below a reaper: how many, how, and whether anything is left.

Runs in a reaper, which owns every process that it counts.
"""

from __future__ import annotations

import os
import signal
from typing import Optional


class Tally:
    """The count of a run's processes.

    Attributes:
        main: The worker's process, or the namespace's first process above it.
        status: Its wait status; None while it lives.
        reaped: Processes whose end was awaited.
        forced: Those of them that had to be killed.
        empty: Whether ``waitpid`` has said that nothing is left.
        killing: Whether the reaper has begun to kill.
        excused: Whether the worker has said its last word: then its own end is not by force.
    """

    def __init__(self) -> None:
        self.main = 0
        self.status: Optional[int] = None  # noqa: UP045 - Python 3.9 evaluates it
        self.reaped = self.forced = 0
        self.empty = self.killing = self.excused = False

    def reap(self) -> bool:
        """Collect what has ended; whether something is left."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                self.empty = True
                return False
            if pid == 0:
                return True
            self._count(pid, status)

    def _count(self, pid: int, status: int) -> None:
        self.reaped += 1
        if pid == self.main:
            self.status = status
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        if self.killing and killed and not (pid == self.main and self.excused):
            self.forced += 1
