"""Keep workers ready: each is started ahead, used once, and replaced behind the user's back.

Runs in the supervisor. A pool belongs to one way to start a worker (command, environment,
directory, modules); a worker of it is exactly the one that a cold start would give. Owns the
zygotes, and the reapers until a run is handed over to them.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from typing import Any

from ..protocol import frames
from . import (
    linux,
    memory,
    processes,
    zygote,
)
from .kept import Kept

_REFILL_AFTER = 0.03
"""Seconds; refilling at once would take the processor from the cell that runs."""
_MOST_POOLS = 4
_MOST_FAILURES = 3
_SCARCE = 0.1
"""The share of the machine's memory below which nothing is started ahead, or kept."""
_LOOK_AT_MEMORY = 20.0
"""Seconds from one look at it to the next, while something stands by; else nothing wakes us."""


class Held:
    """A reaper as the supervisor sees it.

    Attributes:
        channel: The socket to it.
        pool: Where it stands by, or stood by.
        scratch: The path of its run's directory, which may not be there yet.
        pid: Its process; None until a zygote's fork has told.
        run: The run socket that was handed over to it; None while it stands by.
        kept: What decides whose it is, if it was handed over before its owner had a run for it.
        since: When that was (monotonic seconds).
        taken: Whether it has taken the run over.
        second: Whether the run was handed to another before, which ended.
        done: What it said last; None while it lives.
    """

    def __init__(self, channel: socket.socket, pool: Pool, scratch: str) -> None:
        self.channel = channel
        self.pool = pool
        self.scratch = scratch
        self.reader = frames.FrameReader()
        self.pid: int | None = None
        self.run: socket.socket | None = None
        self.kept: Kept | None = None
        self.since = 0.0
        self.taken = self.second = False
        self.done: dict[str, Any] | None = None

    @property
    def runs(self) -> bool:
        """Whether a program may be under way."""
        return self.run is not None and not (self.kept is not None and self.kept.is_idle)

    def began(self) -> float:
        """Since when, at the earliest (monotonic seconds)."""
        if not self.runs:
            self.since = time.monotonic()
        return self.since


class Pool:
    """The workers of one recipe.

    Attributes:
        lease: The message ``lease`` that asks for such a worker.
        ready: The reapers that stand by.
        waiting: Runs that were asked for ahead and have no worker yet.
        ahead: The reapers of those that have one, some of which run by now.
        zygote: Its fork server; None where workers are spawned.
        refill_at: When it is to be filled up again (monotonic seconds); None for not.
        used: When it was last leased from.
        failures: Workers in a row that ended while they stood by.
    """

    def __init__(self, lease: dict[str, Any]) -> None:
        self.lease = lease
        self.ready: list[Held] = []
        self.waiting: list[Kept] = []
        self.ahead: list[Held] = []
        self.zygote: Zygote | None = None
        self.refill_at: float | None = None
        self.used = 0.0
        self.failures = 0

    @property
    def idle_at(self) -> float:
        """When its workers are given up, if nobody uses them (monotonic seconds)."""
        return self.used + float(self.lease["idle"])

    @property
    def lacking(self) -> int:
        """How many workers are to be started ahead now."""
        if self.failures >= _MOST_FAILURES:
            return 0
        return max(0, int(self.lease["ahead"]) - len(self.ready) - len(self.idle_ahead()))

    def idle_ahead(self) -> list[Held]:
        """The reapers whose worker was handed over ahead, and runs nothing yet."""
        self.ahead = [held for held in self.ahead if not held.runs]
        return self.ahead

    def refill_soon(self) -> None:
        """Have the pool filled up after a short while; at once if it is empty.

        Cells come one at a time, or in a burst: then the next one waits for what is started now.
        """
        if self.lacking or (self.waiting and self.ready):
            due = time.monotonic() + (_REFILL_AFTER if self.ready else 0)
            self.refill_at = due if self.refill_at is None else min(self.refill_at, due)


class Pools:
    """The pools of a session, the one that was used last at the end."""

    def __init__(self) -> None:
        self._pools: dict[str, Pool] = {}
        self._look_at = time.monotonic() + _LOOK_AT_MEMORY

    def __iter__(self) -> Iterator[Pool]:
        return iter(list(self._pools.values()))

    def use(self, lease: dict[str, Any]) -> Pool:
        """The pool for a lease; a new one if there is none like it."""
        # Mostly it is the same as before, and to compare it is less than to make a key of it.
        same = (key for key, pool in self._pools.items() if pool.lease == lease)
        key = next(same, None) or _key(lease)
        pool = self._pools.pop(key, None) or Pool(lease)
        self._pools[key] = pool
        pool.lease, pool.used, pool.failures = lease, time.monotonic(), 0
        return pool

    def remove(self, pool: Pool) -> None:
        """Forget a pool; the caller ends what is in it."""
        self._pools = {key: other for key, other in self._pools.items() if other is not pool}

    def superfluous(self) -> list[Pool]:
        """The pools that are one too many, or that nobody has used for a long time.

        All of them, if the machine has become short of memory.
        """
        pools, now = list(self), time.monotonic()
        if now >= self._look_at:
            self._look_at = now + _LOOK_AT_MEMORY
            if memory_is_scarce():
                return pools
        old = [pool for pool in pools if now > pool.idle_at or self._is_outdone(pool)]
        return old + [pool for pool in pools[:-_MOST_POOLS] if pool not in old]

    def like(self, pool: Pool) -> list[Pool]:
        """The pools whose workers differ from this one's in what they have loaded ahead only."""
        kind = _kind(pool.lease)
        return [other for other in self if other is not pool and _kind(other.lease) == kind]

    def _is_outdone(self, pool: Pool) -> bool:
        """Whether a later pool of the same kind is ready to take this one's place."""
        later = (other for other in self.like(pool) if other.used > pool.used)
        return any(other.zygote is not None and other.zygote.warm for other in later)

    def patience(self) -> float | None:
        """Seconds until something is to be done; None if nothing is."""
        times = [pool.refill_at for pool in self if pool.refill_at is not None]
        kept = [pool for pool in self if pool.ready or pool.ahead or pool.zygote]
        times += [self._look_at, *(pool.idle_at for pool in kept)] if kept else []
        return max(0.0, min(times) - time.monotonic()) if times else None

    def due(self) -> list[Pool]:
        """The pools whose time to be filled up has come."""
        now = time.monotonic()
        found = [pool for pool in self if pool.refill_at is not None and pool.refill_at <= now]
        for pool in found:
            pool.refill_at = None
        return found


def _key(lease: dict[str, Any]) -> str:
    """What makes the workers of one recipe like no other's."""
    return repr((_kind(lease), lease["modules"]))


def _kind(lease: dict[str, Any]) -> tuple[Any, ...]:
    environment = tuple(sorted(lease["environment"].items()))
    isolation = tuple(sorted((lease["isolation"] or {}).items()))
    return tuple(lease["argv"]), lease["directory"], environment, isolation


def memory_is_scarce() -> bool:
    """Whether the machine has too little memory to start anything ahead."""
    total, available = memory.total_and_available()
    return bool(total) and available < total * _SCARCE


class Zygote:
    """A fork server as the supervisor sees it.

    Attributes:
        pid: Its process.
        channel: The socket to it.
        warm: Whether its modules are loaded.
    """

    def __init__(self, pid: int, channel: socket.socket) -> None:
        self.pid = pid
        self.channel = channel
        self.warm = False


def start_zygote(lease: dict[str, Any], session: str) -> Zygote:
    """Start a lease's fork server; it loads its modules while we go on.

    Raises:
        OSError: The system cannot fork now.
    """
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        _become_zygote(lease, theirs.fileno(), session)
    theirs.close()
    load = {
        "type": "load",
        "modules": lease["modules"],
        "directory": lease["directory"],
        "protected": lease["isolation"]["protected"],
    }
    with contextlib.suppress(OSError):
        frames.send(ours, load)
    return Zygote(pid, ours)


def _become_zygote(lease: dict[str, Any], fd: int, session: str) -> None:
    try:
        os.setsid()
        if sys.platform == "linux":
            linux.die_with_parent(signal.SIGKILL)
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGCHLD, signal.SIGPIPE):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        # Not where the program will be: what stands there may be a sandboxed program's.
        os.chdir("/")
        null = os.open(os.devnull, os.O_RDWR)
        parked = fcntl.fcntl(fd, fcntl.F_DUPFD, zygote.CHANNEL + 1)
        for stream in (0, 1, 2):
            os.dup2(null, stream)
        os.dup2(parked, zygote.CHANNEL)
        os.closerange(zygote.CHANNEL + 1, 1 << 16)
        environment = zygote.environment(
            lease["environment"], lease["directory"], lease["isolation"]["protected"]
        )
        environment[processes.MARKER] = session
        os.execve(lease["argv"][0], [*lease["argv"], "--zygote"], environment)
    finally:
        os._exit(127)
