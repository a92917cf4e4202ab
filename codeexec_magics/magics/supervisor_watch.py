"""Collects a supervisor that has been killed while no cell runs, so that it stays no zombie.

Runs in the kernel. There is no thread for it: the kernel's own event loop is told by a pidfd.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading

from codeexec_magics.leases.sharing import Share


class SupervisorWatch:
    """Watches the supervisor of the cells, whenever there is a new one."""

    def __init__(self) -> None:
        self._watched: int | None = None

    def look(self) -> None:
        """Watch the supervisor from now on, if there is one that is not watched yet.

        Without it (no kernel, another loop for this cell) it is collected at the next cell.
        """
        pid = Share.supervisor()
        is_main = threading.current_thread() is threading.main_thread()
        if pid is None or pid == self._watched or not is_main or not hasattr(os, "pidfd_open"):
            return
        with contextlib.suppress(RuntimeError):
            self._watch(pid, asyncio.get_running_loop())

    def _watch(self, pid: int, loop: asyncio.AbstractEventLoop) -> None:
        try:
            fd = os.pidfd_open(pid)
        except OSError:  # it has been collected since, or no descriptor is free
            return

        def on_end() -> None:
            loop.remove_reader(fd)
            os.close(fd)
            Share.notice_loss()

        loop.add_reader(fd, on_end)
        self._watched = pid
