"""The reapers of a session: started, handed a run, replaced, and cleaned up after.

Runs in the supervisor. Owns the reapers that hold a run and those that stand by, the zygotes, and
what a reaper that was killed leaves behind.
"""

from __future__ import annotations

import contextlib
import os
import select
import selectors
import signal
import socket
import time
from typing import Any

from ..protocol import frames
from . import cgroup, processes, scratch, shared_memory
from .choice import Choice
from .containment import Containment
from .kept import Kept
from .reaper import Reaper
from .recipe import Assignment, Isolation
from .standby import (
    Held,
    Pool,
    Pools,
    memory_is_scarce,
    start_zygote,
)

_STRANGER_ROUND = 0.005
_STUCK_ROUND = 0.5
_BLOCKED = (signal.SIGTERM, signal.SIGUSR1, signal.SIGCHLD)


class Reapers:
    """All of them, and what they stand by with.

    Args:
        session: The session's marker.
        selector: The supervisor's; a reaper's end is an event of it.
        tier: What holds runs together on this machine.
    """

    def __init__(
        self, session: str, selector: selectors.BaseSelector, tier: type[Containment]
    ) -> None:
        self._session = session
        self._selector = selector
        self._choice = Choice(tier)
        self._scratch = scratch.session_directory(session)
        self._held: list[Held] = []
        self._lost: list[Held] = []
        self._pools = Pools()
        self._shared = shared_memory.SharedMemory()
        if self._shared.fd >= 0:
            selector.register(self._shared.fd, selectors.EVENT_READ, self._shared.hear)
        self._count = 0

    def patience(self) -> float | None:
        """Seconds until `look_after` has something to do; None if nothing."""
        if self._lost:
            is_awaited = any(held.run is not None for held in self._lost)
            return _STRANGER_ROUND if is_awaited else _STUCK_ROUND
        times = [each.patience() for each in (self._pools, self._shared)]
        return min((seconds for seconds in times if seconds is not None), default=None)

    def look_after(self) -> None:
        """Do what is due: end strangers, give up what is superfluous, fill up."""
        if self._lost:
            self._end_strangers()
        self._shared.look(
            [(held.pid, held.began()) for held in self._held if held.run and held.pid]
        )
        for pool in self._pools.superfluous():
            self._drop(pool)
        for pool in self._pools.due():
            self._refill(pool)

    def processes(self) -> set[int]:
        """The reapers' processes, as far as they are known."""
        return {held.pid for held in self._held if held.pid is not None}

    def give(self, lease: dict[str, Any], run: socket.socket, kept: Kept | None = None) -> None:
        """Give a run to a reaper that stands by, or to a new one."""
        try:
            self._choice.tier(Isolation.from_message(lease["isolation"]))
        except OSError as error:
            _refuse(run, error, "isolation", kept)
            return
        self._grant(self._pools.use(lease), run, kept)

    def give_ahead(self, lease: dict[str, Any], kept: Kept, *, idle: bool) -> None:
        """Give a run to a reaper before its owner wants it: now, or when there is time."""
        if idle:
            pool = self._pools.use(lease)
            pool.waiting.append(kept)
            pool.refill_soon()
        else:
            self.give(lease, kept.run, kept)

    def hurry(self) -> None:
        """Somebody wants what was asked for ahead now."""
        for pool in self._pools:
            while pool.waiting:
                kept = pool.waiting.pop(0)
                self._grant(pool, kept.run, kept)

    def _grant(self, pool: Pool, run: socket.socket, kept: Kept | None) -> None:
        try:
            held = self._standby(pool) or self._start(pool)
        except OSError as error:
            _refuse(run, error, kept=kept)
            return
        self._hand_over(held, run, kept)
        if not pool.ready:
            pool.refill_soon()  # cells come in bursts: the next one may be here at once

    def _standby(self, pool: Pool) -> Held | None:
        """A worker of the pool, or of one that has loaded something else ahead; None if none is."""
        for source in (pool, *self._pools.like(pool)):
            if source.ready:
                return source.ready.pop(0)
        return None

    def _hand_over(self, held: Held, run: socket.socket, kept: Kept | None = None) -> None:
        """What happens in the run from here on is between the reaper and the owner."""
        held.run, held.since, held.kept = run, time.monotonic(), kept
        if kept is not None:
            held.pool.ahead.append(held)
        with contextlib.suppress(OSError):  # its end shows as the end of its channel
            frames.send(held.channel, {"type": "run"}, (run.fileno(),))

    def _start(self, pool: Pool, *, cold: bool = False) -> Held:
        """Start a reaper with its worker, from the zygote if that is warm and ``cold`` is false.

        Raises:
            OSError: The system cannot fork now.
        """
        self._count += 1
        tier = self._choice.tier(Isolation.from_message(pool.lease["isolation"]))
        assignment = {
            "argv": [*pool.lease["argv"], *pool.lease["hints"]],
            "environment": pool.lease["environment"],
            "directory": pool.lease["directory"],
            "session": self._session,
            "scratch": os.path.join(self._scratch, str(self._count)),
            "supervisor": os.getpid(),
            "isolation": pool.lease["isolation"],
        }
        ours, theirs = socket.socketpair()
        held = Held(ours, pool, assignment["scratch"])
        if pool.zygote is not None and pool.zygote.warm and not cold:
            request = {"type": "fork", "containment": tier.name, **assignment}
            with contextlib.suppress(OSError):  # its end shows as the end of the reaper's channel
                frames.send(pool.zygote.channel, request, (theirs.fileno(),))
        else:
            held.pid = self._fork_reaper(theirs, Assignment.from_message(assignment), tier())
        theirs.close()
        self._held.append(held)
        self._selector.register(ours, selectors.EVENT_READ, lambda: self._on_reaper(held))
        return held

    def _fork_reaper(
        self, channel: socket.socket, assignment: Assignment, containment: Containment
    ) -> int:
        # Until the reaper has its own handlers a signal must wait, or an early kill is lost.
        signal.pthread_sigmask(signal.SIG_BLOCK, _BLOCKED)
        try:
            pid = os.fork()
            if pid == 0:
                try:
                    Reaper(channel, assignment, containment).hold()
                finally:
                    os._exit(1)
            return pid
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _BLOCKED)

    def _on_reaper(self, held: Held) -> None:
        try:
            received = held.channel.recv(65536)
            messages = held.reader.feed(received)
        except (OSError, frames.FrameError):
            received, messages = b"", []
        for message in messages:
            if message["type"] == "standing":
                held.pid = message["pid"]
            elif message["type"] == "taken":
                held.taken = True
            else:
                held.done = message
        if not received:
            self._on_end(held)

    def _on_end(self, held: Held) -> None:
        """A reaper has ended: well, before it took its run over, or by force."""
        self._selector.unregister(held.channel)
        held.channel.close()
        self._held.remove(held)
        pool, run = held.pool, held.run
        if held.pid is not None:
            self._shared.end(held.pid)
        if held.kept is not None:
            pool.ahead = [other for other in pool.ahead if other is not held]
            if held.taken:
                held.kept.take_back()  # who has not claimed it shall not have one that ended
                held.kept.close()
        if held in pool.ready:
            pool.ready.remove(held)
            pool.failures += 1
        elif run is not None and not held.taken:
            self._try_again(held, run)
        elif run is not None and held.done is None:
            self._lost.append(held)
        elif run is not None:
            run.close()
            if held.done is not None and held.done.get("left"):
                held.run = None  # its owner knows; what is left is ours to end when it can be
                self._lost.append(held)
            self._sweep_scratch()
        pool.refill_soon()

    def _sweep_scratch(self) -> None:
        """Between runs: remove what a program has moved out of its own directory."""
        if not any(held.runs for held in self._held):
            # A worker that stands by has its own already.
            scratch.remove_others(self._scratch, {held.scratch for held in self._held})

    def _try_again(self, held: Held, run: socket.socket) -> None:
        """A standby ended just when it was needed: start another, from the beginning."""
        held.pool.failures += 1
        if held.second:
            argv = held.pool.lease["argv"]
            error = OSError(0, "its workers end before they can be used", argv[0])
            _refuse(run, error, kept=held.kept)
            return
        try:
            another = self._start(held.pool, cold=True)
        except OSError as error:
            _refuse(run, error, kept=held.kept)
            return
        another.second = True
        self._hand_over(another, run, held.kept)

    def _refill(self, pool: Pool) -> None:
        if memory_is_scarce():
            return
        try:
            if pool.lease["modules"] is not None and pool.zygote is None:
                self._warm_up(pool)
            elif pool.zygote is None or pool.zygote.warm:
                if pool.lacking:
                    pool.ready.append(self._start(pool))
                self._hand_over_ahead(pool)
                pool.refill_soon()  # one after the other: starts that compete are slower
        except OSError:
            pool.failures += 1  # the next lease is a cold start, or says what is wrong

    def _hand_over_ahead(self, pool: Pool) -> None:
        while pool.waiting and pool.ready:
            kept = pool.waiting.pop(0)
            if kept.is_given_up:
                kept.run.close()
                kept.close()
            else:
                self._hand_over(pool.ready.pop(0), kept.run, kept)

    def _warm_up(self, pool: Pool) -> None:
        if not pool.lacking:
            return
        zygote = pool.zygote = start_zygote(pool.lease, self._session)

        def on_zygote() -> None:
            received = b""
            with contextlib.suppress(OSError):  # it was killed before it read what it was asked
                received = zygote.channel.recv(4096)
            if received:
                zygote.warm = True
                pool.refill_soon()
            else:
                self._forget_zygote(pool)

        self._selector.register(zygote.channel, selectors.EVENT_READ, on_zygote)

    def _forget_zygote(self, pool: Pool) -> None:
        """What it has forked lives on: those are our own children."""
        zygote, pool.zygote = pool.zygote, None
        if zygote is not None:
            self._selector.unregister(zygote.channel)
            zygote.channel.close()
            pool.failures += 1
            pool.refill_soon()

    def _drop(self, pool: Pool) -> None:
        """Give up what stands by in a pool."""
        ahead = pool.idle_ahead()
        if any(held.pid is None for held in ahead):
            return  # it is just being forked; we come again
        for held in ahead:
            if held.pid and held.kept is not None and held.kept.take_back():
                with contextlib.suppress(OSError):
                    os.kill(held.pid, signal.SIGUSR1)
        for kept in pool.waiting:
            kept.run.close()
            kept.close()
        for held in pool.ready:
            held.channel.shutdown(socket.SHUT_WR)  # the reaper ends its worker, and then itself
        pool.ready.clear()
        self._forget_zygote(pool)
        self._pools.remove(pool)

    def _known(self) -> set[int]:
        zygotes = {pool.zygote.pid for pool in self._pools if pool.zygote is not None}
        return zygotes | {held.pid for held in self._held if held.pid is not None}

    def _end_strangers(self) -> None:
        """End what a dead reaper left: every child that is none of ours, until none is there."""
        for held in list(self._held):
            if held.pid is None and select.select([held.channel], [], [], 0)[0]:
                self._on_reaper(held)  # it may just have become our child
        known = self._known()
        strangers = [pid for pid in processes.children(os.getpid()) if pid not in known]
        for pid in strangers:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        if strangers:
            return
        for held in self._lost:
            cgroup.remove_left(self._session, os.path.basename(held.scratch))
            if held.run is None:
                continue
            _tell(held.run, {"type": "exited", "cause": "reaper_lost", "status": None, "left": 0})
            held.run.close()
        self._lost.clear()
        self._sweep_scratch()


def _refuse(
    run: socket.socket, error: OSError, what: str = "worker", kept: Kept | None = None
) -> None:
    reason = error.strerror or str(error)
    _tell(
        run,
        {
            "type": "refused",
            "what": what,
            "errno": error.errno,
            "path": "" if error.errno else error.filename or "",
            "reason": reason,
        },
    )
    run.close()
    if kept is not None:
        kept.close()


def _tell(run: socket.socket, message: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):
        frames.send(run, message)
