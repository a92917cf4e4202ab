"""What a run may use of the machine, and whether it has used more.

Runs in a reaper, which looks at every process below it while a limit is set. Owns the run's control
group, if the kernel can hold the run's memory by one. Where it cannot, sampling has its price: what
a run takes between two looks is not seen; a limit on memory is then exceeded a little before it
acts, and memory that no process has mapped, as that of files in ``/dev/shm``, does not count.
"""

from __future__ import annotations

import contextlib
import os
import resource
import time
from typing import Any, NamedTuple, Optional

from ..protocol.numbers import COUNT_SIZE
from . import cgroup, processes

_ROUND = 0.05
_ROUND_OF_A_GROUP = 1.0
"""Seconds; a program may leave its group where its user may, but is looked at all the same."""
_PAGE = resource.getpagesize()
_TICKS = os.sysconf("SC_CLK_TCK")


class Limits(NamedTuple):
    """The limits of one run; None means no limit.

    Attributes:
        memory: Bytes that all processes of the run have resident, shared pages by their share.
        cpu_time: Seconds of processor time, all processes of the run together; of a map, while
            it works on one item.
        processes: How many processes there may be at once.
    """

    memory: Optional[int] = None  # noqa: UP045 - Python 3.9 evaluates it
    cpu_time: Optional[float] = None  # noqa: UP045
    processes: Optional[int] = None  # noqa: UP045

    @classmethod
    def from_message(cls, message: dict[str, Any]) -> Limits:
        """Take the limits out of the message ``arm``."""
        cpu_time = message.get("cpu_time", message.get("item_cpu_time"))
        return cls(message.get("memory"), cpu_time, message.get("processes"))

    @property
    def watched(self) -> bool:
        """Whether there is any limit that must be looked at."""
        return any(limit is not None for limit in (self.memory, self.cpu_time, self.processes))


class Watch:
    """Looks at a run from time to time, and has the kernel hold its memory where that can be.

    Args:
        limits: What it may use.
        session: The session's marker.
        run: The run's name in the session.
        spared: A process below this one that is ours and must survive the program; 0 if none is.
        count: A descriptor that says which item is worked on, if processor time is an item's.

    Attributes:
        next: When to look again (monotonic seconds).
        peak_memory: The most memory of the whole run that is known of, in bytes.
    """

    def __init__(
        self,
        limits: Limits,
        session: str,
        run: str,
        spared: int,
        count: Optional[int] = None,  # noqa: UP045
    ) -> None:
        self._limits = limits
        self._count, self._item = count, b""
        # What the runtime took to start is not the program's.
        self._cpu_time = _cpu_time(_below()) if limits.cpu_time is not None else 0.0
        # What the processes have by now is charged elsewhere and stays there.
        self._before = sum(_proportional(pid) for pid in _below()) if limits.memory else 0
        self._group = self._held(session, run, spared)
        self.peak_memory = 0
        others = limits.cpu_time is not None or limits.processes is not None
        self._round = _ROUND_OF_A_GROUP if self._group and not others else _ROUND
        self.next = time.monotonic()

    def _held(self, session: str, run: str, spared: int) -> Optional[cgroup.MemoryGroup]:  # noqa: UP045
        """Have the kernel hold the run to its memory; if it cannot, looking has to do."""
        limit = self._limits.memory
        if limit is None or limit <= self._before:
            return None
        with contextlib.suppress(OSError):
            return cgroup.hold(
                session,
                run,
                limit - self._before,
                lambda: [pid for pid in _below() if pid != spared],
            )
        return None

    def look(self) -> Optional[str]:  # noqa: UP045
        """The limit that is exceeded now: ``memory``, ``cpu_time``, ``processes``; else None."""
        limits = self._limits
        pids = _below()
        found = None
        if limits.processes is not None and len(pids) > limits.processes:
            found = "processes"
        elif limits.memory is not None and (
            self.is_out_of_memory() or self._memory(pids, limits.memory) > limits.memory
        ):
            found = "memory"
        elif limits.cpu_time is not None and self._used(pids) > limits.cpu_time:
            found = "cpu_time"
        # From the end of the look: on a large machine it may itself take long.
        self.next = time.monotonic() + self._round
        return found

    def is_out_of_memory(self) -> bool:
        """Whether the kernel has held the run at its limit of memory; it then kills all of it."""
        return self._group is not None and self._group.limit_reached()

    def end(self) -> None:
        """Take the last figure and remove the group, when none of the run's processes is left."""
        if self._group is not None:
            charged = self._group.peak()
            if not charged and self._limits.memory is not None and self.is_out_of_memory():
                charged = self._limits.memory - self._before
            self.peak_memory = max(self.peak_memory, self._before + charged)
            self._group.remove()

    def _used(self, pids: list[int]) -> float:
        used = _cpu_time(pids)
        item = b"" if self._count is None else os.pread(self._count, COUNT_SIZE, 0)
        if item != self._item:
            # From the look that saw it first: an item is never given less than its time.
            self._item, self._cpu_time = item, used
        return used - self._cpu_time

    def _memory(self, pids: list[int], limit: int) -> int:
        """Resident bytes; exact only near the limit, since the exact figure costs the kernel much.

        Pages that a fork still shares count for each process in the quick figure, and by its share
        in the exact one.
        """
        size = sum(_resident(pid) for pid in pids)
        if size > limit:
            size = sum(_proportional(pid) for pid in pids)
        self.peak_memory = max(self.peak_memory, size)
        return size


def _below() -> list[int]:
    return [pid for pid, _ in processes.descendants(os.getpid())]


def limit_cores(pid: int, cores: int) -> None:
    """Let a process, and all that it starts from now on, run on so many cores at the most."""
    allowed = sorted(os.sched_getaffinity(0))[:cores]
    try:
        threads = [int(name) for name in os.listdir(f"/proc/{pid}/task")]
    except OSError:
        return  # it has ended already
    for thread in threads:
        try:
            os.sched_setaffinity(thread, allowed)
        except OSError:
            continue


def _resident(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:
            return int(file.read().split()[1]) * _PAGE
    except (OSError, IndexError, ValueError):
        return 0


def _proportional(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/smaps_rollup", "rb") as file:
            for line in file:
                if line.startswith(b"Pss:"):
                    return int(line.split()[1]) * 1024
    except (OSError, IndexError, ValueError):
        return _resident(pid)
    return _resident(pid)


def _cpu_time(pids: list[int]) -> float:
    """Of those that live, with what they have waited for, and of those that have ended here."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime + sum(_ticks(pid) for pid in pids) / _TICKS


def _ticks(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return 0
    return sum(int(field) for field in fields[11:15])
