"""The workers of a map: hand items out, listen, replace what was lost.

Lives in the kernel, in the thread that executes; there is no other. Owns the workers.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from codeexec_magics.engine.loop import Pulse
from codeexec_magics.engine.mapping.items import Batch, Items
from codeexec_magics.engine.mapping.lines import Lines
from codeexec_magics.engine.mapping.outcomes import Outcomes
from codeexec_magics.engine.mapping.pace import Pace
from codeexec_magics.engine.mapping.plan import MapPlan
from codeexec_magics.engine.mapping.task import Answers, Task
from codeexec_magics.engine.mapping.watching import WRITE, Watching
from codeexec_magics.engine.mapping.worker import MapWorker
from codeexec_magics.engine.outcome import Facts, compose
from codeexec_magics.engine.streams import Stream
from codeexec_magics.errors import (
    CodeExecError,
    EncodingFailed,
    ProtocolError,
    SupervisorLost,
)
from codeexec_magics.leases.client import SupervisorClient
from codeexec_magics.leases.lease import Exit
from codeexec_magics.protocol.frames import FrameError
from codeexec_magics.values.results import ExecutionResult
from codeexec_magics.values.traces import Trace

_BEAT = 0.05
"""Seconds that output waits for more, and between two words on how far the map is."""
_FAREWELL = 2.0
"""Seconds that a worker has to flush its streams, once there are no more items."""
_ANSWER_TO_INTERRUPT = 8.0
"""Seconds after an interrupt's grace in which reapers answer; then they are taken for lost."""


class Pool:
    """The workers of one map; made and used once.

    Args:
        client: Where workers come from.
        task: What each of them does.
        plan: How items are handed out.
        items: What is handed out.
        lines: Where what they print goes, by the stream's name.

    Attributes:
        outcomes: What came of the items.
        fault: How a worker ended by the program's own fault, before or between its items.
        thrown: What the iterable threw when it was asked for an item.
        stopped: Where a program was when it was interrupted.
        exits: How the workers ended.
        containment: What held them.
        left: How many processes could not be ended.
    """

    def __init__(
        self,
        client: SupervisorClient,
        task: Task,
        plan: MapPlan,
        items: Items,
        lines: Mapping[str, Lines],
    ) -> None:
        self._client = client
        self._task = task
        self._plan = plan
        self._items = items
        self._lines = lines
        self._pace = Pace(plan.batch)
        self._answers = Answers(
            self._take_values, self._take_failure, items.give_back, self._pace.learn
        )
        self._workers: list[MapWorker] = []
        self._hired = 0
        self._watching = Watching()
        self._beats_at: float | None = None
        self._interrupted: float | None = None
        self._is_closing = False
        self._report: Callable[[float, float | None, str], None] | None = None
        self._pulse: Pulse | None = None
        self.outcomes = Outcomes()
        self.fault: ExecutionResult | None = None
        self.thrown: BaseException | None = None
        self.stopped: Trace | None = None
        self.exits: list[Exit] = []
        self.containment = ""
        self.left = 0

    @property
    def drawn(self) -> int:
        """How many items have been begun."""
        return self._items.drawn

    @property
    def reapers(self) -> tuple[int, ...]:
        """The processes below which the workers are."""
        return tuple(worker.lease.reaper for worker in list(self._workers))  # from any thread

    def serve(
        self,
        report: Callable[[float, float | None, str], None] | None,
        pulse: Pulse | None = None,
    ) -> None:
        """Have the items worked on until there are no more, or until it makes no sense to go on.

        Args:
            report: Told how far it is: done, total (or None), text.
            pulse: What is to be called meanwhile.

        Raises:
            CodeExecError: A worker could not be started, or its supervision was lost.
            KeyboardInterrupt: An interrupt came while the user's own code ran in this process.
        """
        self._report, self._pulse = report, pulse
        self._watching.add(self._task.shield.fileno(), self._on_interrupt)
        try:
            self._look_ahead()
            while not self._is_over():
                self._hand_out()
                if not self._is_over():
                    self._listen()
            self._say_farewell()
        except SupervisorLost:
            for worker in self._workers:
                self.left += self._client.sweep(worker.lease.session)
            raise
        finally:
            self._dismiss()

    def _look_ahead(self) -> None:
        """Start nothing for an iterator that has nothing to give."""
        first = self._draw() if self._items.total is None else None
        if first is not None:
            self._items.give_back([first])

    def _is_over(self) -> bool:
        if self.thrown is not None or self.fault is not None:
            return True
        if self._interrupted is not None:
            return not self._workers
        end = self._items.end
        return self._items.exhausted and not any(w.holds_before(end) for w in self._workers)

    def _hand_out(self) -> None:
        """Give every worker that has room something to do."""
        if self._interrupted is not None:
            return
        self._hire()
        for level in range(1, self._pace.batches + 1):
            for worker in self._workers:
                while worker.has_room(level):
                    batch = self._draw()
                    if batch is None:
                        return
                    self._give(worker, batch)

    def _hire(self) -> None:
        """Have as many workers as there is work for."""
        while len(self._workers) < self._plan.most_workers:
            idle = sum(not worker.load for worker in self._workers)
            if self._items.waiting <= idle:
                return
            worker = MapWorker(self._client, self._task, self._answers, self._lines, self._hired)
            self._hired += 1
            self.containment = worker.lease.containment
            self._workers.append(worker)
            self._watching.add(worker.lease.fileno(), partial(self._on_lease, worker))
            self._watching.add(worker.lease.control.fileno(), partial(self._on_control, worker))
            for stream in worker.streams:
                self._watching.add(stream.fd, partial(self._on_output, stream))

    def _draw(self) -> Batch | None:
        items = self._items
        size = self._pace.size(items.left, self._plan.most_workers)
        if items.is_quiet:
            return items.take(size)
        try:
            with self._task.shield.lowered():  # to draw is to run the user's code
                return items.take(size)
        except BaseException as error:
            if self._task.shield.count:
                raise
            self.thrown = error  # for the user to see
            return None

    def _give(self, worker: MapWorker, batch: Batch) -> None:
        self.outcomes.expect(batch)
        try:
            worker.give(batch, each=self._pace.each)
        except (EncodingFailed, FrameError) as error:
            if len(batch.items) > 1:
                self._items.give_back(batch.parts(len(batch.items) // 2))
            else:
                task = self._task
                facts = Facts(task.language.name, task.options.timeout, refusal=error)
                self._take_failure(batch.first, batch.items[0], compose(facts))
        self._rewatch(worker)

    def _take_values(self, first: int, values: list[Any]) -> None:
        self.outcomes.take_values(first, values)
        self._beat_soon()

    def _take_failure(self, index: int, item: object, result: ExecutionResult) -> None:
        self.outcomes.take_failure(index, item, result)
        if self._plan.on_error == "stop":
            # Those before it are finished: which failure is told must not depend on luck.
            self._items.stop_at(index)
        self._beat_soon()

    def _listen(self) -> None:
        """Wait for what happens next, and see to it."""
        self._watching.wait(self._patience())
        self._look_at_the_clock()

    def _patience(self) -> float | None:
        times = [self._beats_at] if self._beats_at is not None else []
        times += [self._pulse.next] if self._pulse is not None else []
        if self._interrupted is not None:
            times.append(self._interrupted + self._task.options.grace + _ANSWER_TO_INTERRUPT)
        startup = self._task.options.startup_timeout
        times += [w.hired + startup for w in self._workers if w.conversation.began is None]
        return max(0.0, min(times) - time.monotonic()) if times else None

    def _look_at_the_clock(self) -> None:
        now = time.monotonic()
        if self._beats_at is not None and now >= self._beats_at:
            self._beat()
        if self._pulse is not None and now >= self._pulse.next:
            self._pulse.beat()
        options = self._task.options
        for worker in self._workers:
            if worker.conversation.began is None and now >= worker.hired + options.startup_timeout:
                raise ProtocolError(
                    f"the worker was not ready within {options.startup_timeout:g} s"
                )
        patience = options.grace + _ANSWER_TO_INTERRUPT
        if self._interrupted is not None and now >= self._interrupted + patience:
            for worker in self._workers:
                worker.lease.give_up()
            raise SupervisorLost("the supervising processes of this map do not answer")

    def _beat_soon(self) -> None:
        if self._beats_at is None:
            self._beats_at = time.monotonic() + _BEAT

    def _beat(self) -> None:
        self._beats_at = None
        for worker in self._workers:
            for stream in worker.streams:
                stream.flush()
        if self._report is not None:
            self._report(self.outcomes.done, self._items.total, self.outcomes.summary)

    def _rewatch(self, worker: MapWorker) -> None:
        """Wait until the worker reads, if something waits for that."""
        self._watching.want_to_write(
            worker.lease.control.fileno(), worker.conversation.wants_to_write
        )

    def _on_interrupt(self, mask: int) -> None:
        self._interrupted = self._interrupted or time.monotonic()
        for _ in range(self._task.shield.take()):
            for worker in self._workers:
                worker.lease.interrupt(self._task.options.grace)

    def _on_output(self, stream: Stream, mask: int) -> None:
        if not stream.read():
            self._watching.remove(stream.fd)
        elif stream.pending:
            self._beat_soon()

    def _on_control(self, worker: MapWorker, mask: int) -> None:
        conversation = worker.conversation
        try:
            if mask & WRITE:
                conversation.write()
            if mask & ~WRITE and not conversation.read():
                self._watching.remove(worker.lease.control.fileno())
        except ProtocolError as error:
            self._watching.remove(worker.lease.control.fileno())
            worker.break_off(error)
        if conversation.last is not None:
            worker.lease.release()
        self._rewatch(worker)

    def _on_lease(self, worker: MapWorker, mask: int) -> None:
        worker.lease.receive()
        if worker.lease.exit is None:
            return
        self._part_with(worker)
        if self._interrupted is None and not self._is_closing:
            self.fault = self.fault or worker.judge()
        worker.close()

    def _part_with(self, worker: MapWorker) -> None:
        """Take what a worker that has ended has said, and note how it ended."""
        self._workers.remove(worker)
        lease = worker.lease
        for fd in (lease.fileno(), lease.control.fileno(), lease.stdout, lease.stderr):
            self._watching.remove(fd)
        worker.finish()
        self.stopped = self.stopped or worker.conversation.stopped
        if lease.exit is not None:
            self.exits.append(lease.exit)

    def _say_farewell(self) -> None:
        """Let the workers flush what they hold, where the map has ended well."""
        self._is_closing = True
        for worker in self._workers:
            if worker.load or worker.conversation.began is None or self.fault or self.thrown:
                worker.lease.release()
            else:
                worker.end()
        deadline = time.monotonic() + _FAREWELL
        while self._workers and time.monotonic() < deadline:
            self._beats_at = self._beats_at or min(deadline, time.monotonic() + _BEAT)
            self._listen()

    def _dismiss(self) -> None:
        """End all workers that are left; on return nothing of them is."""
        for worker in self._workers:
            worker.lease.release()
        for worker in list(self._workers):
            worker.lease.wait()
            self._part_with(worker)
            worker.close()
        if self._report is not None and not isinstance(self.thrown, CodeExecError):
            self._beat()
