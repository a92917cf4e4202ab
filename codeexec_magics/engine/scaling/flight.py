"""The chunks of one map that are under way elsewhere: drawn, handed out, and taken in order.

Lives in the process that calls the map, in the thread that does. Owns the items and a pipe that
wakes it. Of an endless iterable it draws only so far ahead of what has been taken.
"""

from __future__ import annotations

import contextlib
import os
import select
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from codeexec_magics.engine.mapping.failures import ItemFailure
from codeexec_magics.engine.mapping.items import Batch, Items
from codeexec_magics.engine.outcome import Facts, compose
from codeexec_magics.engine.scaling.chunk_size import ChunkSize
from codeexec_magics.engine.scaling.crew import Broken, Crew, Lost
from codeexec_magics.engine.scaling.order import Farewell, Mission, Order, Report, packed
from codeexec_magics.engine.timers import Timer
from codeexec_magics.errors import CodeExecError, EncodingFailed
from codeexec_magics.leases.shield import Shield
from codeexec_magics.values.results import ExecutionResult, Outcome

_IN_FLIGHT = 2
"""Chunks for each slot that are handed out."""
_AHEAD = 4
"""Chunks for each slot that are drawn and not taken."""
_TRIES = 3
_ROUND = 1.0
"""Seconds between two looks at how many slots there are."""


@dataclass(slots=True)
class _Sent:
    """A chunk that is under way, or has come back."""

    batch: Batch
    future: Any = None
    tries: int = 0
    data: bytes = b""
    values: list[Any] | None = None


class Flight:
    """One map, from its first chunk to its last; made and used once.

    Args:
        crew: Who works on it.
        mission: What it is about.
        items: What is mapped.
        printed: Called with a stream's name and what was printed there.
        timers: What has to be done meanwhile.

    Attributes:
        failures: The items that have failed, by index.
        fault: How the map ended, where that was no item's fault.
        done: How many items are done with.
        workers: Who has worked on it.
        is_interrupted: Whether an interrupt has come.
        lost_workers: How many workers have gone, as far as it is known.
    """

    def __init__(
        self,
        crew: Crew,
        mission: Mission,
        items: Items,
        printed: Callable[[str, str], None],
        timers: Iterable[Timer] = (),
    ) -> None:
        self._crew = crew
        self._mission = mission
        self._items = items
        self._printed = printed
        self._timers = list(timers)
        self._size = ChunkSize(mission.batch if mission.batch != 1 else None)
        self._slots, self._slots_known = crew.slots(), time.monotonic()
        self._sent: dict[int, _Sent] = {}
        self._drawn = self._taken = 0
        self._returned: deque[int] = deque()
        self._wake, self._wake_end = os.pipe()
        for fd in (self._wake, self._wake_end):
            os.set_blocking(fd, False)
        self.failures: dict[int, ItemFailure] = {}
        self.fault: ExecutionResult | None = None
        self.done = 0
        self.workers: set[str] = set()
        self.is_interrupted = False
        self.lost_workers = 0

    @property
    def drawn(self) -> int:
        """How many items have been drawn."""
        return self._items.drawn

    def next(self, shield: Shield) -> list[Any] | None:
        """The values of the next chunk; None if there are no more, or no use in going on.

        Args:
            shield: What counts interrupts meanwhile.

        Raises:
            BaseException: Whatever the iterable throws.
        """
        while True:
            if self.fault is not None or self.is_interrupted:
                return None
            self._hand_out(shield)
            sent = self._sent.get(self._taken)
            if sent is not None and sent.values is not None:
                del self._sent[self._taken]
                self._taken += 1
                return sent.values
            if sent is None and self._items.exhausted:
                return None
            if self.fault is None:
                self._wait(shield)

    def end(self, seconds: float) -> tuple[list[Farewell], int]:
        """Have nothing left of it anywhere.

        Args:
            seconds: How long what is under way has to end.

        Returns:
            The last words of the processes that served it, and how many have said none.
        """
        open_ones = [sent.future for sent in self._sent.values() if sent.values is None]
        open_ones = [future for future in open_ones if future is not None]
        stop = bool(open_ones)
        self.lost_workers = self._crew.lost()
        try:
            if stop:
                self._crew.cancel(open_ones)
            return self._crew.close(self._mission.map, seconds, stop=stop)
        finally:
            ends, self._wake, self._wake_end = (self._wake, self._wake_end), -1, -1
            for fd in ends:
                os.close(fd)

    def _hand_out(self, shield: Shield) -> None:
        """Draw chunks and have them worked on, as many as may be under way."""
        while self.fault is None and not self._items.exhausted:
            flying = sum(sent.values is None for sent in self._sent.values())
            ahead = self._drawn - self._taken
            if flying >= _IN_FLIGHT * self._slots or ahead >= _AHEAD * self._slots:
                return
            batch = self._draw(shield)
            if batch is None:
                return
            for part in self._travelling(batch):
                self._sent[self._drawn] = part
                self._drawn += 1
                if part.values is None:
                    self._submit(self._drawn - 1, part)

    def _draw(self, shield: Shield) -> Batch | None:
        size = self._size.size(self._items.left, self._slots)
        if self._items.is_quiet:
            return self._items.take(size)
        with shield.lowered():  # to draw is to run the user's code
            return self._items.take(size)

    def _travelling(self, batch: Batch) -> list[_Sent]:
        """The batch as it can travel: an item that cannot stands alone, and has failed."""
        try:
            return [_Sent(batch, data=packed(batch.items, f"item {batch.first}"))]
        except EncodingFailed as error:
            if len(batch.items) > 1:
                halves = batch.parts(len(batch.items) // 2)
                return [sent for half in halves for sent in self._travelling(half)]
            facts = Facts(self._mission.program.language, 0.0, refusal=error)
            failure = ItemFailure.of(batch.first, batch.items[0], compose(facts))
            self._take_failures({batch.first: failure})
            self.done += 1
            return [_Sent(batch, values=[failure])]

    def _submit(self, number: int, sent: _Sent) -> None:
        """Have a chunk worked on."""
        batch, items = sent.batch, sent.data or packed(sent.batch.items, "items")
        sent.data = b""  # it is made again where it is lost
        self._size.weigh(len(batch.items), len(items))
        order = Order(self._mission, number, batch.first, len(batch.items), items)
        sent.tries += 1

        def done() -> None:
            self._returned.append(number)
            with contextlib.suppress(OSError):
                os.write(self._wake_end, b"!")

        try:
            sent.future = self._crew.submit(order, done)
        except Broken as error:
            self._break(str(error))

    def _wait(self, shield: Shield) -> None:
        """Wait until something has happened, and see to it."""
        poll = select.poll()
        poll.register(self._wake, select.POLLIN)
        poll.register(shield.fileno(), select.POLLIN)
        now = time.monotonic()
        due = min([timer.next for timer in self._timers], default=now + _ROUND)
        poll.poll(max(0.0, min(due - now, _ROUND)) * 1000)
        if shield.take():
            self.is_interrupted = True
            return
        now = time.monotonic()
        for timer in self._timers:
            if now >= timer.next:
                timer.beat()
        if now - self._slots_known > _ROUND:
            self._slots, self._slots_known = self._crew.slots(), now
        with contextlib.suppress(OSError):
            os.read(self._wake, 4096)  # before the look: what comes after it wakes again
        while self._returned:
            number = self._returned.popleft()
            sent = self._sent.get(number)
            if sent is not None and sent.values is None:
                self._take(number, sent)

    def _take(self, number: int, sent: _Sent) -> None:
        """See what came of a chunk."""
        try:
            report = self._crew.report(sent.future)
        except Lost as error:
            self._give_again(number, sent, str(error))
            return
        except Broken as error:
            self._break(str(error))
            return
        except CodeExecError as error:
            facts = Facts(self._mission.program.language, 0.0, refusal=error)
            self.fault = compose(facts)
            return
        sent.future = None
        for stream, text in report.printed.items():
            self._printed(stream, text)
        if report.was_begun:
            self._lose(sent, "WorkerLost: its worker was lost, and no item is begun twice")
        elif report.fault is not None:
            self._take_fault(report)
        else:
            self._take_values(sent, report)

    def _take_values(self, sent: _Sent, report: Report) -> None:
        self.workers.add(report.worker)
        sent.values = report.values
        self.done += len(report.values)
        work = max(report.seconds - report.setup, 0.0)
        self._size.learn(len(report.values), work, report.setup, self._slots)
        self._take_failures(report.failures)

    def _take_fault(self, report: Report) -> None:
        fault = report.fault
        assert fault is not None
        if fault.outcome is Outcome.INTERRUPTED:
            self.is_interrupted = True
        self.fault = _with_place(fault, report.worker, self._crew.install)

    def _take_failures(self, failures: Any) -> None:
        self.failures.update(failures)
        if failures and self._mission.on_error == "stop":
            # Those before it are finished: which failure is told must not depend on luck.
            end = min(self.failures)
            self._items.stop_at(end)
            self._let_go(end)

    def _let_go(self, end: int) -> None:
        """Forget the chunks that nobody wants any more."""
        late = [number for number, sent in self._sent.items() if sent.batch.first > end]
        futures = [self._sent.pop(number).future for number in late]
        self._crew.cancel([future for future in futures if future is not None])

    def _give_again(self, number: int, sent: _Sent, reason: str) -> None:
        if self._mission.batch == 1 or sent.tries >= _TRIES:
            self._lose(sent, reason)
        else:
            self._submit(number, sent)

    def _lose(self, sent: _Sent, reason: str) -> None:
        """All items of a chunk are lost with their worker."""
        result = ExecutionResult(Outcome.CRASHED, self._mission.program.language, error=reason)
        first, items = sent.batch.first, sent.batch.items
        failures: Sequence[ItemFailure] = [
            ItemFailure.of(first + place, item, result) for place, item in enumerate(items)
        ]
        sent.values = list(failures)
        self.done += len(failures)
        self._take_failures({failure.index: failure for failure in failures})

    def _break(self, reason: str) -> None:
        error = f"WorkerLost: {reason}"
        self.fault = ExecutionResult(Outcome.CRASHED, self._mission.program.language, error=error)


def _with_place(fault: ExecutionResult, worker: str, install: str) -> ExecutionResult:
    """A fault that says where it was, if what is wrong is the place's."""
    error = fault.error or ""
    if not error.startswith(("LanguageUnavailable", "CodeExecError", "IsolationUnavailable")):
        return fault
    way = f"; there: {install}" if install and error.startswith("LanguageUnavailable") else ""
    where = "" if worker in error else f" (on {worker})"
    return replace(fault, error=f"{error}{where}{way}", trace=None)
