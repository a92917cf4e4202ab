"""The loop of runs in the kernel: everything that can happen is a descriptor or a time.

Lives in the kernel, in the thread that executes. Owns its workers from `add` on: each is ended,
awaited and given back before `with` is left, whatever happened. One run is a loop with one worker,
a map is one with many.
"""

from __future__ import annotations

import contextlib
import select
import time
from collections.abc import Callable, Iterable
from functools import partial
from types import TracebackType
from typing import Self

from codeexec_magics.engine.streams import Stream
from codeexec_magics.engine.timers import NEVER, Alarm, Timer
from codeexec_magics.engine.worker import Worker
from codeexec_magics.errors import SupervisorLost
from codeexec_magics.leases.client import SupervisorClient
from codeexec_magics.leases.figures import RunFigures, figures_below
from codeexec_magics.leases.shield import Shield

_READ, _WRITE = select.POLLIN, select.POLLOUT
_FLUSH_AFTER = 0.05
"""Seconds that output waits for more, so that a flood becomes few batches."""
_LONGEST_WAIT = 3600.0
"""Seconds; the system waits no longer than some weeks, and a limit may be longer."""


class Loop:
    """Attends to workers until nothing of them is left.

    Args:
        client: Where the workers come from.
        printed: What is kept of ``stdout`` or ``stderr`` so far; any thread may ask.
        timers: What has to be done meanwhile; without any nothing wakes this thread in vain.

    Attributes:
        shield: What counts interrupts; it is up within ``with``.
        workers: Those that have not ended, the oldest first.
        timers: As given; others may be added.
        interrupted: Whether an interrupt has been passed on.
        left: How many processes of lost workers could not be ended.
    """

    def __init__(
        self,
        client: SupervisorClient,
        printed: Callable[[str], str],
        timers: Iterable[Timer] = (),
    ) -> None:
        self._client = client
        self._printed = printed
        self.shield = Shield()
        self._poll = select.poll()
        self._handlers: dict[int, Callable[[int], None]] = {}
        self._masks: dict[int, int] = {}
        self._flushing = Alarm(self.flush, _FLUSH_AFTER)
        self.workers: list[Worker] = []
        self.timers: list[Timer] = [self._flushing, *timers]
        self.interrupted = False
        self.left = 0

    def __enter__(self) -> Self:
        self.shield.__enter__()
        self._watch(self.shield.fileno(), self._on_interrupt)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # All of it, whatever those throw who hear of it: what the workers hold must be given back.
        with contextlib.ExitStack() as stack:
            stack.callback(self._let_go)
            stack.push(self.shield)
            for worker in self.workers:
                stack.callback(worker.close)
                stack.callback(self._part_with, worker)
                stack.callback(worker.lease.wait)
            if isinstance(error, SupervisorLost):
                self._sweep()
            for worker in self.workers:
                worker.release()

    def _let_go(self) -> None:
        """Refer to itself no longer: what does waits for a collection, with the values it has."""
        self._handlers.clear()
        self.timers.clear()
        self._flushing = Alarm(_nothing, _FLUSH_AFTER)

    @property
    def under_way(self) -> bool:
        """Whether it has processes."""
        return bool(self.workers)

    @property
    def asked(self) -> bool:
        """Whether it has been asked to end."""
        return self.shield.count > 0

    def figures(self) -> RunFigures:
        """What they use now; all zeros where there are none. May be called from any thread."""
        reapers = [worker.lease.reaper for worker in list(self.workers)]
        return figures_below(*reapers) if reapers else RunFigures()

    def printed(self, stream: str) -> str:
        """What is kept of ``stdout`` or ``stderr`` so far. May be called from any thread."""
        return self._printed(stream)

    def interrupt(self) -> None:
        """Interrupt what is under way; the second time, kill it. May be called from any thread."""
        self.shield.interrupt()

    def add(self, worker: Worker) -> None:
        """Own a worker from now on, and have it begin.

        Raises:
            EncodingFailed: What it is to be given cannot travel.
        """
        self.workers.append(worker)
        worker.begin()
        lease = worker.lease
        self._watch(lease.fileno(), partial(self._on_lease, worker))
        self._watch(lease.control.fileno(), partial(self._on_control, worker))
        for stream in worker.streams:
            self._watch(stream.fd, partial(self._on_output, stream))

    def listen(self, fd: int, handler: Callable[[], bool]) -> None:
        """Listen to a descriptor of another's, as long as its handler says so."""

        def heard(mask: int) -> None:
            if not handler():
                self._forget(fd)

        self._watch(fd, heard)

    def turn(self) -> None:
        """Wait for what happens next, and see to it.

        Raises:
            CodeExecError: A worker could not be started, or its supervision was lost.
        """
        for fd, mask in self._poll.poll(self._patience()):
            handler = self._handlers.get(fd)  # gone, if what came before has ended its worker
            if handler is not None:
                handler(mask)
        self._look_at_the_clock()

    def wait_for(self, fd: int | None, until: float) -> bool:
        """Wait for a descriptor that is no worker's, while what has a time of its own is seen to.

        Args:
            fd: The descriptor; None for the time alone.
            until: When there has been enough of it (monotonic seconds).

        Returns:
            Whether there is something to read; False if it is late, or was interrupted.
        """
        seen: list[int] = []
        late = Alarm(_nothing, 0.0, next=until)
        self.timers.append(late)
        if fd is not None:
            self._watch(fd, seen.append)
        try:
            while not seen and late.is_set and not self.interrupted:
                self.turn()
        finally:
            self.timers = [timer for timer in self.timers if timer is not late]
            if fd is not None:
                self._forget(fd)
        return bool(seen) and not self.interrupted

    def said(self, worker: Worker) -> None:
        """Something was said to a worker: if it does not take it at once, wait until it does."""
        fd, conversation = worker.lease.control.fileno(), worker.conversation
        mask = _READ | (_WRITE if conversation.wants_to_write else 0)
        if self._masks.get(fd, mask) != mask:
            self._masks[fd] = mask
            self._poll.modify(fd, mask)

    def flush(self) -> None:
        """Pass on what the workers have printed."""
        for worker in self.workers:
            for stream in worker.streams:
                stream.flush()

    def _sweep(self) -> None:
        """Nobody is left to end the processes but this one."""
        now = time.monotonic()
        sessions = {worker.lease.session for worker in self.workers}
        self.left += sum(self._client.sweep(session) for session in sessions)
        for worker in self.workers:
            if now >= worker.due:
                worker.lease.give_up()

    def _watch(self, fd: int, handler: Callable[[int], None]) -> None:
        self._handlers[fd], self._masks[fd] = handler, _READ
        self._poll.register(fd, _READ)

    def _forget(self, fd: int) -> None:
        if self._handlers.pop(fd, None) is not None:
            del self._masks[fd]
            self._poll.unregister(fd)

    def _patience(self) -> float | None:
        """Milliseconds until the next thing that has a time of its own."""
        times = [timer.next for timer in self.timers]
        times += [worker.due for worker in self.workers]
        first = min(times)
        if first == NEVER:
            return None
        return min(max(0.0, first - time.monotonic()), _LONGEST_WAIT) * 1000

    def _look_at_the_clock(self) -> None:
        now = time.monotonic()
        for timer in self.timers:
            if now >= timer.next:
                timer.beat()
        for worker in self.workers:
            if now >= worker.due:
                worker.look_at_the_clock(now)

    def _on_interrupt(self, mask: int) -> None:
        self.interrupted = True
        for _ in range(self.shield.take()):
            for worker in self.workers:
                worker.interrupt()

    def _on_lease(self, worker: Worker, mask: int) -> None:
        worker.lease.receive()
        if worker.lease.exit is None:
            return
        try:
            self._part_with(worker)
            worker.settle()
        finally:
            worker.close()

    def _on_control(self, worker: Worker, mask: int) -> None:
        if mask & _WRITE:
            worker.conversation.write()
        if mask & ~_WRITE and not worker.hear():
            self._forget(worker.lease.control.fileno())
        else:
            self.said(worker)

    def _on_output(self, stream: Stream, mask: int) -> None:
        if not stream.read():
            self._forget(stream.fd)
            stream.flush()
        elif stream.pending:
            self._flushing.set()

    def _part_with(self, worker: Worker) -> None:
        """Take what a worker that has ended has said and printed last."""
        self.workers.remove(worker)
        lease = worker.lease
        for fd in (lease.fileno(), lease.control.fileno(), lease.stdout, lease.stderr):
            self._forget(fd)
        worker.finish()


def _nothing() -> None:
    """What there is to do when it is over."""
