"""What has ended below a reaper: how many, how, and whether anything is left.

Runs in a reaper, which owns every process that it counts.
"""

from __future__ import annotations

import os
import resource
import signal
from typing import Any, Optional

from . import memory, processes
from .init import Account

_MOST_KNOWN = 10_000


class Exits:
    """The count of a run's processes.

    Attributes:
        main: The worker's process, or the namespace's first process above it.
        status: Its wait status; None while it lives.
        reaped: Processes whose end was awaited.
        forced: Those of them that had to be killed.
        awaited: Their numbers; of a storm, the first ones.
        empty: Whether ``waitpid`` has said that nothing is left.
        killing: Whether the reaper has begun to kill.
        excused: Whether the worker has said its last word: then its own end is not by force.
    """

    def __init__(self) -> None:
        self.main = 0
        self.status: Optional[int] = None  # noqa: UP045 - Python 3.9 evaluates it
        self.reaped = self.forced = 0
        self.awaited: set[int] = set()
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

    def exited(
        self, cause: str | None, account: Account | None, peak_memory: int, killed_before: int
    ) -> dict[str, Any]:
        """The message ``exited``.

        Args:
            cause: Why the run ended.
            account: What the namespace's first process has told, where there is one.
            peak_memory: Bytes of the whole run, as far as they were watched.
            killed_before: How often the kernel's OOM killer had struck when the run began.
        """
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        if account is not None:
            status: int | None = account.status
            self.reaped = account.reaped
            self.forced = account.forced + (account.worker_forced and not self.excused)
        else:
            status = None if self.status is None else os.waitstatus_to_exitcode(self.status)
        killed = status == -signal.SIGKILL and cause == "exit"
        return {
            "type": "exited",
            "cause": cause,
            "status": status,
            "out_of_memory": killed and memory.oom_kills() > killed_before,
            "cpu_time": usage.ru_utime + usage.ru_stime,
            "peak_memory": max(usage.ru_maxrss * memory.MAXRSS_UNIT, peak_memory),
            "reaped": self.reaped,
            "forced": self.forced,
            "left": 0 if self.empty else len(processes.descendants(os.getpid())),
        }

    def _count(self, pid: int, status: int) -> None:
        self.reaped += 1
        if len(self.awaited) < _MOST_KNOWN:
            self.awaited.add(pid)
        if pid == self.main:
            self.status = status
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        if self.killing and killed and not (pid == self.main and self.excused):
            self.forced += 1
