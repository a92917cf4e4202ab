"""One worker of a map, as its owner sees it: what it holds, what it has done, how it ended.

Lives in the kernel, in the thread that executes. Owns the lease. What arrives from the worker is
untrusted, the count of its items included.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from codeexec_magics.data.plain import plain_text
from codeexec_magics.engine.conversation import Listener
from codeexec_magics.engine.mapping.employer import Employer
from codeexec_magics.engine.mapping.items import Batch, HeldBatch
from codeexec_magics.engine.mapping.lines import Lines
from codeexec_magics.engine.mapping.reading import read_values, uses_arena
from codeexec_magics.engine.outcome import compose
from codeexec_magics.engine.task import Task
from codeexec_magics.engine.worker import Worker
from codeexec_magics.errors import ProtocolError
from codeexec_magics.leases.client import SupervisorClient
from codeexec_magics.protocol.numbers import COUNT_SIZE, NOTES, RESULTS
from codeexec_magics.values.results import ExecutionResult

_GRACE_SHARE = 0.06
"""The share of an item's time that it has to tell where it is, once that time is over."""
_KEPT = 8_000
_OUR_LOSSES = ("supervisor_lost", "reaper_lost")


class MapWorker(Worker):
    """A leased worker that serves items; made and used once.

    Args:
        client: Where it comes from.
        task: What it does.
        employer: Who hears of its items.
        lines: What it prints goes there, by the stream's name.
        number: A number that no other worker of the map has.
    """

    notes = (NOTES, RESULTS - NOTES)

    def __init__(
        self,
        client: SupervisorClient,
        task: Task,
        employer: Employer,
        lines: Mapping[str, Lines],
        number: int,
    ) -> None:
        outputs = {name: one.taker(number) for name, one in lines.items()}
        super().__init__(client, task, outputs, _KEPT)
        self._employer = employer
        self._lines = lines
        self.number = number
        self._held: deque[HeldBatch] = deque()
        self._given = 1
        self._is_set_up = False
        self._lent = 0
        self._count = 0

    @property
    def load(self) -> int:
        """How many batches it holds."""
        return len(self._held)

    def has_room(self, batches: int) -> bool:
        """Whether it can be given a batch, if it may hold so many."""
        # One batch at a time goes through the arena: its place is used again for the next.
        if len(self._held) >= batches or self._lent:
            return False
        return self.conversation.takes_items

    def holds_before(self, end: int | None) -> bool:
        """Whether it holds an item that stands before an index; None for any item."""
        return any(end is None or given.index < end for given in self._held)

    def give(self, batch: Batch, *, each: bool) -> None:
        """Hand a batch over.

        Args:
            batch: The items.
            each: Whether each item is to be answered by itself, as soon as it is done.

        Raises:
            EncodingFailed: One of the items cannot travel; nothing was handed over.
            FrameError: The batch is too large for a message.
        """
        text = plain_text(batch.items)
        if text is not None:
            flag = ',"each":true' if each else ""
            message = f'{{"type":"items","first":{self._given}{flag},"value":{text}}}'
            self.conversation.say_text(message)
            in_arena = False
        else:
            with self._task.shield.lowered():  # an object is packed by code of its own
                value = self._exchange.items(batch.items, anew=self._is_set_up)
            in_arena = uses_arena(value)
            self.conversation.say(
                {"type": "items", "first": self._given, "each": each, "value": value}
            )
        given = HeldBatch(self._given, batch, in_arena)
        self._lent += in_arena
        self._given += len(batch.items)
        self._held.append(given)

    def end(self) -> None:
        """Tell it that there are no more items."""
        self.conversation.say({"type": "end"})

    def finish(self) -> None:
        """Take what it has said and printed last, now that it is gone."""
        super().finish()
        self._count = int.from_bytes(self._exchange.notes(0, COUNT_SIZE), sys.byteorder)
        for lines in self._lines.values():
            lines.end(self.number)
        self._employer.note_end(self.number, self.facts())

    def _use_the_time(self, last: Mapping[str, Any]) -> None:
        """Its values have come already."""
        self._learn(last)

    def settle(self) -> None:
        """It has ended by itself: tell what became of the items that it held."""
        if self._employer.wants_verdict():
            self._judge(compose(self.facts()))

    def _judge(self, result: ExecutionResult) -> None:
        """Whose fault it is that it has ended so: an item's, the program's, or nobody's here."""
        held, self._held = list(self._held), deque()
        count = self._count
        # Odd: it read or wrote a whole batch, the one that begins with this item.
        number, is_packing = count // 2, count % 2 == 1
        blamed = [given for given in held if given.holds(number)] if count else []
        is_ours = self.lease.exit is not None and self.lease.exit.cause in _OUR_LOSSES
        if is_ours or (not blamed and not self._is_set_up):
            self._employer.take_fault(result)
            return
        for given in held:
            if given not in blamed:
                self._employer.take_back([given.rest])
            elif is_packing and len(given.rest.items) > 1:
                self._employer.take_back(given.rest.parts(*range(1, len(given.rest.items))))
            else:
                self._blame(given.rest, number - given.number - given.done, result)

    def _blame(self, rest: Batch, place: int, result: ExecutionResult) -> None:
        """One item has ended the worker; the others of its batch are given out again."""
        self._employer.take_failure(rest.first + place, rest.items[place], result)
        after = rest.items[place + 1 :]
        again = [Batch(rest.first, rest.items[:place]), Batch(rest.first + place + 1, after)]
        self._employer.take_back([part for part in again if part.items])

    def _encoded_inputs(self) -> dict[str, Any]:
        inputs = self._exchange.inputs(self._task.inputs, seal=False)  # items go there, too
        return {**inputs, "map": True}

    def _listener(self) -> Listener:
        return replace(super()._listener(), done=self._on_done, progress=_ignore_progress)

    def _start_clock(self) -> None:
        options = self._task.options
        limits: dict[str, float] = {**options.limits()}
        if options.timeout != float("inf"):
            limits["item_seconds"] = options.timeout
        if "cpu_time" in limits:
            limits["item_cpu_time"] = limits.pop("cpu_time")
        if limits:
            grace = min(options.grace, options.timeout * _GRACE_SHARE)
            self.lease.arm(None, grace, limits)

    def _on_done(self, message: Mapping[str, Any]) -> None:
        """Values, and perhaps one failure behind them, of the oldest batch."""
        if self.conversation.stopped is not None:
            return  # its time was over before
        given = self._held[0] if self._held else None
        if given is None or message.get("first") != given.number + given.done:
            raise ProtocolError("an answer to items that were not given: the program wrote it")
        taken = self._take_values(message.get("value"), given)
        given.done += taken
        failure = message.get("failure")
        if isinstance(failure, Mapping) and given.left:
            taken += self._fail(given, failure)
        if not taken:
            raise ProtocolError("an answer that says nothing: the program wrote it")
        if message.get("back") is True and given.left:
            self._employer.take_back([given.rest])
            given.done += given.left
        if not given.left:
            self._held.popleft()
            self._lent -= given.in_arena
        self._is_set_up = True
        seconds = message.get("seconds")
        if isinstance(seconds, float) and 0 <= seconds < float("inf"):
            self._employer.learn(taken, seconds)

    def _fail(self, given: HeldBatch, failure: Mapping[str, Any]) -> int:
        """The first item that is not done has failed; how many are done with by that."""
        if failure.get("kind") == "decoding" and given.left > 1:
            # The batch could not be read for one of its items: which one, shows when each comes
            # by itself.
            taken = given.left
            self._employer.take_back(given.rest.parts(*range(1, taken)))
        else:
            last = {"type": "error", "trace": failure.get("trace")}
            result = compose(replace(self.facts(), last=last))
            self._employer.take_failure(given.index, given.batch.items[given.done], result)
            taken = 1
        given.done += taken
        return taken

    def _take_values(self, value: object, given: HeldBatch) -> int:
        """Pass values on; returns how many there are."""
        if value is None:
            return 0
        values, refused = read_values(value, self._decoded, self._exchange.read)
        if uses_arena(value):
            self.conversation.say({"type": "taken"})
        if len(values) > given.left:
            raise ProtocolError("an answer to more items than were given: the program wrote it")
        if not refused:
            self._employer.take_values(given.index, values)
            return len(values)
        for place, value in enumerate(values):
            if place in refused:
                result = compose(replace(self.facts(), refusal=refused[place]))
                item = given.batch.items[given.done + place]
                self._employer.take_failure(given.index + place, item, result)
            else:
                self._employer.take_values(given.index + place, [value])
        return len(values)

    def _decoded(self, value: object) -> Any:
        with self._task.shield.lowered():  # unpickling runs code of the user's classes
            return self._exchange.answer(value)


def _ignore_progress(done: float, total: float | None, text: str) -> None:
    """The map tells of its own progress."""
