"""The workers of a map: hand items out, listen, replace what was lost.

Lives in the kernel, in the thread that executes; there is no other. The workers are the loop's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from codeexec_magics.engine.loop import Loop
from codeexec_magics.engine.mapping.batch_size import BatchSize
from codeexec_magics.engine.mapping.failures import Outcomes
from codeexec_magics.engine.mapping.items import Batch, Items
from codeexec_magics.engine.mapping.lines import Lines
from codeexec_magics.engine.mapping.plan import MapPlan
from codeexec_magics.engine.mapping.worker import MapWorker
from codeexec_magics.engine.outcome import Facts, compose
from codeexec_magics.engine.task import Task
from codeexec_magics.engine.timers import Alarm
from codeexec_magics.errors import EncodingFailed
from codeexec_magics.leases.client import SupervisorClient
from codeexec_magics.leases.lease import Exit
from codeexec_magics.protocol.frames import FrameError
from codeexec_magics.values.results import ExecutionResult
from codeexec_magics.values.traces import Trace

_BEAT = 0.05
"""Seconds between two words on how far the map is."""
_FAREWELL = 2.0
"""Seconds that a worker has to flush its streams, once there are no more items."""


class Pool:
    """The workers of one map; made and used once.

    Args:
        client: Where workers come from.
        loop: What attends to them.
        task: What each of them does.
        plan: How items are handed out.
        items: What is handed out.
        lines: Where what they print goes, by the stream's name.
        outcomes: What takes note of what comes of the items; None for a new one.

    Attributes:
        outcomes: What came of the items.
        fault: How a worker ended by the program's own fault, before or between its items.
        thrown: What the iterable threw when it was asked for an item.
        stopped: Where a program was when it was interrupted.
        exits: How the workers ended.
        containment: What held them.
    """

    def __init__(
        self,
        client: SupervisorClient,
        loop: Loop,
        task: Task,
        plan: MapPlan,
        items: Items,
        lines: Mapping[str, Lines],
        outcomes: Outcomes | None = None,
    ) -> None:
        self._client = client
        self._loop = loop
        self._task = task
        self._plan = plan
        self._items = items
        self._lines = lines
        self._batch_size = BatchSize(plan.batch)
        self._workers: list[MapWorker] = []
        self._hired = 0
        self._is_closing = False
        self._report = task.observer.progress
        self._reporting = Alarm(self.report, _BEAT)
        loop.timers.append(self._reporting)
        self.outcomes = outcomes or Outcomes()
        self.fault: ExecutionResult | None = None
        self.thrown: BaseException | None = None
        self.stopped: Trace | None = None
        self.exits: list[Exit] = []
        self.containment = ""

    @property
    def drawn(self) -> int:
        """How many items have been begun."""
        return self._items.drawn

    @property
    def watched(self) -> Mapping[int, Callable[[], bool]]:
        """What the items want to be woken by."""
        return self._items.watched

    def serve(self) -> None:
        """Have the items worked on until there are no more, or until it makes no sense to go on.

        Raises:
            CodeExecError: A worker could not be started, or its supervision was lost.
            KeyboardInterrupt: An interrupt came while the user's own code ran in this process.
        """
        while not self._is_over():
            self._hand_out()
            if not self._is_over():
                self._loop.turn()
        self._say_farewell()

    def report(self) -> None:
        """Tell how far the map is."""
        if self._report is not None:
            self._report(self.outcomes.done, self._items.total, self.outcomes.summary)

    def take_values(self, first: int, values: list[Any]) -> None:
        """As `Employer` says."""
        self.outcomes.take_values(first, values)
        self._reporting.set()

    def take_failure(self, index: int, item: object, result: ExecutionResult) -> None:
        """As `Employer` says."""
        self.outcomes.take_failure(index, item, result)
        if self._plan.on_error == "stop":
            # Those before it are finished: which failure is told must not depend on luck.
            self._items.stop_at(index)
        self._reporting.set()

    def take_back(self, batches: list[Batch]) -> None:
        """As `Employer` says."""
        self._items.give_back(batches)

    def learn(self, count: int, seconds: float) -> None:
        """As `Employer` says."""
        self._batch_size.learn(count, seconds)

    def note_end(self, number: int, facts: Facts) -> None:
        """As `Employer` says."""
        self._workers = [worker for worker in self._workers if worker.number != number]
        self.stopped = self.stopped or facts.stopped
        if facts.exit is not None:
            self.exits.append(facts.exit)

    def wants_verdict(self) -> bool:
        """As `Employer` says."""
        return not self._loop.interrupted and not self._is_closing

    def take_fault(self, result: ExecutionResult) -> None:
        """As `Employer` says."""
        self.fault = self.fault or result

    def _look_ahead(self) -> None:
        """Start nothing for an iterator that has nothing to give, nor wait for it.

        One that has told its size has given all of it, perhaps, and not said so.
        """
        items = self._items
        is_unknown = items.total is None and not items.drawn
        if items.exhausted or (items.waiting and not is_unknown):
            return
        first = self._draw()
        if first is not None:
            items.give_back([first])

    def _is_over(self) -> bool:
        if self.thrown is not None or self.fault is not None:
            return True
        if self._loop.interrupted:
            return not self._workers
        end = self._items.end
        return self._items.exhausted and not any(w.holds_before(end) for w in self._workers)

    def _hand_out(self) -> None:
        """Give every worker that has room something to do."""
        if self._loop.interrupted:
            return
        self._look_ahead()
        self._hire()
        for level in range(1, self._batch_size.batches + 1):
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
            worker = MapWorker(self._client, self._task, self, self._lines, self._hired)
            self._hired += 1
            self.containment = worker.lease.containment
            self._workers.append(worker)
            self._loop.add(worker)

    def _draw(self) -> Batch | None:
        items = self._items
        size = self._batch_size.size(items.left, self._plan.most_workers)
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
            worker.give(batch, each=self._batch_size.each)
        except (EncodingFailed, FrameError) as error:
            if len(batch.items) > 1:
                self._items.give_back(batch.parts(len(batch.items) // 2))
            else:
                task = self._task
                facts = Facts(task.language.name, task.options.timeout, refusal=error)
                self.take_failure(batch.first, batch.items[0], compose(facts))
        self._loop.said(worker)

    def _say_farewell(self) -> None:
        """Let the workers flush what they hold, where the map has ended well."""
        self._is_closing = True
        for worker in self._workers:
            if worker.load or worker.conversation.began is None or self.fault or self.thrown:
                worker.release()
            else:
                worker.end()
        patience = Alarm(lambda: None, _FAREWELL)
        patience.set()
        self._loop.timers.append(patience)
        while self._workers and patience.is_set:
            self._loop.turn()
