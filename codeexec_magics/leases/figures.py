"""What a run uses at this moment: its processes, their time and their memory.

Runs in the process that executes, a few times a second while somebody looks. Owns nothing, holds
nothing, and takes processes that vanish meanwhile for ended. Read from ``/proc``; where there is
none, by psutil, and without that no figures are known.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from codeexec_magics.supervision.processes import descendants

_PROC = "/proc"
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_MOST_PROCESSES = 500
"""More are counted, but not looked at: a fork bomb must not busy those who watch it."""
_ENDED = b"ZX"


@dataclass(frozen=True, slots=True)
class ProcessFigures:
    """One process.

    Attributes:
        pid: Its number.
        name: Its name, as the system shows it.
        age: Seconds since it was started; a worker that stood by is older than its run.
        cpu_time: Seconds of processor time, with those of its children that it has waited for.
        memory: Bytes resident.
    """

    pid: int
    name: str
    age: float
    cpu_time: float
    memory: int


@dataclass(frozen=True, slots=True)
class RunFigures:
    """A run's processes together.

    Attributes:
        processes: Those that live, parents first; at most 500 of them.
        count: How many there are.
        cpu_time: Seconds of processor time, with those that have ended.
        memory: Bytes resident; pages that several share count for each.
    """

    processes: tuple[ProcessFigures, ...] = ()
    count: int = 0
    cpu_time: float = 0.0
    memory: int = 0


def figures_below(*reapers: int) -> RunFigures:
    """The figures of all that is below the reapers of a run; never raises.

    Args:
        *reapers: Their processes, which themselves do not count.
    """
    read = _by_proc if os.path.isdir(f"{_PROC}/self") else _by_psutil
    parts = [read(reaper) for reaper in reapers]
    return RunFigures(
        tuple(process for part in parts for process in part.processes),
        sum(part.count for part in parts),
        sum(part.cpu_time for part in parts),
        sum(part.memory for part in parts),
    )


def _by_proc(reaper: int) -> RunFigures:
    # The kernel may be built without lists of children; the long way then.
    listed = os.path.exists(f"{_PROC}/thread-self/children")
    pids = list(_below(reaper)) if listed else [pid for pid, _ in descendants(reaper)]
    # A namespace's first process is ours too, and has the reaper's name.
    name = _name(reaper)
    supervising = [reaper, *(pid for pid in _children(reaper) if _name(pid) == name)]
    pids = [pid for pid in pids if pid not in supervising]

    read = (_read(pid) for pid in pids[:_MOST_PROCESSES])
    processes = tuple(process for process in read if process is not None)
    waited = sum(_seconds(_stat(pid)[13:15]) for pid in supervising)
    unseen = max(0, len(pids) - _MOST_PROCESSES)
    return _together(processes, waited, len(processes) + unseen)


def _together(
    processes: tuple[ProcessFigures, ...], waited: float, count: int | None = None
) -> RunFigures:
    return RunFigures(
        processes,
        len(processes) if count is None else count,
        waited + sum(process.cpu_time for process in processes),
        sum(process.memory for process in processes),
    )


def _below(pid: int) -> Iterator[int]:
    """All descendants, parents first; a process that moves meanwhile is seen once."""
    seen = {pid}
    waiting = [pid]
    for parent in waiting:
        for child in _children(parent):
            if child not in seen:
                seen.add(child)
                waiting.append(child)
                yield child


def _children(pid: int) -> list[int]:
    """The children of all threads of a process: each has its own list."""
    children: list[int] = []
    try:
        for thread in os.listdir(f"{_PROC}/{pid}/task"):
            with open(f"{_PROC}/{pid}/task/{thread}/children", "rb") as file:
                children += map(int, file.read().split())
    except (OSError, ValueError):
        return children
    return children


def _read(pid: int) -> ProcessFigures | None:
    """A process's figures; None if it has ended, be it that nobody has waited for it yet."""
    fields = _stat(pid)
    if not fields or fields[0] in _ENDED:
        return None
    age = time.clock_gettime(time.CLOCK_BOOTTIME) - int(fields[19]) / _TICKS
    return ProcessFigures(
        pid, _name(pid), max(0.0, age), _seconds(fields[11:15]), int(fields[21]) * _PAGE
    )


def _stat(pid: int) -> list[bytes]:
    """The fields of ``stat`` from the state on, proc(5)'s number 3; none if it has ended."""
    try:
        with open(f"{_PROC}/{pid}/stat", "rb") as file:
            # The name stands in parentheses and may itself contain spaces and parentheses.
            return file.read().rpartition(b")")[2].split()
    except OSError:
        return []


def _name(pid: int) -> str:
    try:
        with open(f"{_PROC}/{pid}/comm", "rb") as file:
            return file.read().rstrip(b"\n").decode("utf-8", "replace")
    except OSError:
        return "?"


def _seconds(ticks: list[bytes]) -> float:
    return sum(map(int, ticks)) / _TICKS


def _by_psutil(reaper: int) -> RunFigures:
    try:
        import psutil
    except ImportError:
        return RunFigures()
    try:
        children = psutil.Process(reaper).children(recursive=True)
    except psutil.Error:
        return RunFigures()
    read = (_ask(psutil, child) for child in children[:_MOST_PROCESSES])
    return _together(tuple(process for process in read if process is not None), 0.0)


def _ask(psutil: Any, process: Any) -> ProcessFigures | None:
    try:
        with process.oneshot():
            if process.status() == psutil.STATUS_ZOMBIE:
                return None
            times = process.cpu_times()
            used = times.user + times.system + times.children_user + times.children_system
            age = max(0.0, time.time() - process.create_time())
            return ProcessFigures(process.pid, process.name(), age, used, process.memory_info().rss)
    except psutil.Error:
        return None
