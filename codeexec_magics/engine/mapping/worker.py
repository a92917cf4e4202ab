"""One worker of a map, as its owner sees it: what it holds, what it has done, how it ended.

Lives in the kernel, in the thread that executes. Owns the lease. What arrives from the worker is
untrusted, the count of its items included.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections import deque
from collections.abc import Mapping
from typing import Any

from codeexec_magics.data import Arena
from codeexec_magics.data.plain import plain_text
from codeexec_magics.engine.bundles import harmless
from codeexec_magics.engine.conversation import Conversation, Listener
from codeexec_magics.engine.mapping.given import Given
from codeexec_magics.engine.mapping.items import Batch
from codeexec_magics.engine.mapping.lines import Lines
from codeexec_magics.engine.mapping.reading import read_values, uses_arena
from codeexec_magics.engine.mapping.task import Answers, Task
from codeexec_magics.engine.outcome import Facts, compose
from codeexec_magics.engine.streams import Stream
from codeexec_magics.engine.surroundings import encode_for, run_message, take_lease
from codeexec_magics.errors import CodeExecError, EncodingFailed, ProtocolError
from codeexec_magics.leases.client import SupervisorClient
from codeexec_magics.protocol.numbers import COUNT_SIZE, NOTES, RESULTS
from codeexec_magics.values.results import ExecutionResult

_GRACE_SHARE = 0.06
"""The share of an item's time that it has to tell where it is, once that time is over."""
_KEPT = 8_000
_OUR_LOSSES = ("supervisor_lost", "reaper_lost")


class MapWorker:
    """A leased worker that serves items; made and used once.

    Args:
        client: Where it comes from.
        task: What it does.
        answers: Who hears of its items.
        lines: What it prints goes there, by the stream's name.
        number: A number that no other worker of the map has.

    Attributes:
        lease: The right to talk to it.
        conversation: What is said with it.
        streams: Its stdout and stderr.
    """

    def __init__(
        self,
        client: SupervisorClient,
        task: Task,
        answers: Answers,
        lines: Mapping[str, Lines],
        number: int,
    ) -> None:
        self._task = task
        self._answers = answers
        self._held: deque[Given] = deque()
        self._given = 1
        self._is_set_up = False
        self._lent = 0
        self._broken: CodeExecError | None = None
        self.number = number
        self.hired = time.monotonic()
        self.lease = take_lease(client, task.language, task.options)
        try:
            self._arena = Arena(self.lease.inputs)
            with task.shield.lowered():  # an object is packed by code of its own
                encoded = encode_for(task.language, dict(task.inputs), self._arena, "inputs")
            run = {**run_message(task.program, task.options, encoded), "map": True}
            self.conversation = Conversation(self.lease.control, run, self._listener())
        except BaseException:
            self.close()
            raise
        self.streams = tuple(
            Stream(name, fd, _KEPT, lines[name].taker(number))
            for name, fd in (("stdout", self.lease.stdout), ("stderr", self.lease.stderr))
        )
        self._lines = lines

    @property
    def load(self) -> int:
        """How many batches it holds."""
        return len(self._held)

    def has_room(self, batches: int) -> bool:
        """Whether it can be given a batch, if it may hold so many."""
        # One batch at a time goes through the arena: its place is used again for the next.
        if len(self._held) >= batches or self._lent:
            return False
        return self.conversation.began is not None and self.conversation.last is None

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
            if self._is_set_up:
                self._arena.rewind(0)
            value = self._encoded(batch.items)
            in_arena = uses_arena(value)
            self.conversation.say(
                {"type": "items", "first": self._given, "each": each, "value": value}
            )
        given = Given(self._given, batch, in_arena)
        self._lent += in_arena
        self._given += len(batch.items)
        self._held.append(given)

    def _encoded(self, items: list[Any]) -> dict[str, Any]:
        language, arena = self._task.language, self._arena
        with self._task.shield.lowered():
            try:
                return encode_for(language, items, arena, "item")
            except EncodingFailed:
                if len(items) > 1:
                    raise
                encode_for(language, items[0], arena, "item")  # by itself: its path is shorter
                raise

    def end(self) -> None:
        """Tell it that there are no more items."""
        self.conversation.say({"type": "end"})

    def break_off(self, error: CodeExecError) -> None:
        """End it, since what it says is not of the protocol."""
        if self.conversation.stopped is None:  # else it was cut off in the middle of a word
            self._broken = error
        self.lease.release()

    def finish(self) -> None:
        """Take what it has said and printed last, now that it is gone."""
        with contextlib.suppress(ProtocolError):  # cut off in the middle
            self.conversation.drain()
        for stream in self.streams:
            stream.drain()
        for lines in self._lines.values():
            lines.end(self.number)

    def judge(self) -> ExecutionResult | None:
        """Tell what became of the items that an ended worker held.

        Returns:
            How it ended, if that is no item's fault but the program's own; else None.
        """
        result = compose(self._facts())
        held, self._held = list(self._held), deque()
        count = self._count()
        # Odd: it read or wrote a whole batch, the one that begins with this item.
        number, is_packing = count // 2, count % 2 == 1
        blamed = [given for given in held if given.holds(number)] if count else []
        is_ours = self.lease.exit is not None and self.lease.exit.cause in _OUR_LOSSES
        if is_ours or (not blamed and not self._is_set_up):
            return result
        for given in held:
            if given not in blamed:
                self._answers.again([given.rest])
            elif is_packing and len(given.rest.items) > 1:
                self._answers.again(given.rest.parts(*range(1, len(given.rest.items))))
            else:
                self._blame(given.rest, number - given.number - given.done, result)
        return None

    def _blame(self, rest: Batch, place: int, result: ExecutionResult) -> None:
        """One item has ended the worker; the others of its batch are given out again."""
        self._answers.failure(rest.first + place, rest.items[place], result)
        after = rest.items[place + 1 :]
        again = [Batch(rest.first, rest.items[:place]), Batch(rest.first + place + 1, after)]
        self._answers.again([part for part in again if part.items])

    def close(self) -> None:
        """End it, and give everything back."""
        self.lease.release()
        self.lease.wait()
        self.lease.close()

    def _listener(self) -> Listener:
        options = self._task.options

        def begun() -> None:
            limits = dict(options.limits())
            if options.timeout != float("inf"):
                limits["item_seconds"] = options.timeout
            if limits:
                grace = min(options.grace, options.timeout * _GRACE_SHARE)
                self.lease.arm(None, grace, limits)

        return Listener(
            begun,
            self._display,
            _ignore_progress,
            harmless if options.sandbox else dict,
            self._on_done,
        )

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
            self._answers.again([given.rest])
            given.done += given.left
        if not given.left:
            self._held.popleft()
            self._lent -= given.in_arena
        self._is_set_up = True
        seconds = message.get("seconds")
        if isinstance(seconds, float) and 0 <= seconds < float("inf"):
            self._answers.took(taken, seconds)

    def _fail(self, given: Given, failure: Mapping[str, Any]) -> int:
        """The first item that is not done has failed; how many are done with by that."""
        if failure.get("kind") == "decoding" and given.left > 1:
            # The batch could not be read for one of its items: which one, shows when each comes
            # by itself.
            taken = given.left
            self._answers.again(given.rest.parts(*range(1, taken)))
        else:
            facts = self._facts()
            facts.last = {"type": "error", "trace": failure.get("trace")}
            self._answers.failure(given.index, given.batch.items[given.done], compose(facts))
            taken = 1
        given.done += taken
        return taken

    def _take_values(self, value: object, given: Given) -> int:
        """Pass values on; returns how many there are."""
        if value is None:
            return 0
        values, refused = read_values(value, self.lease.outputs, self._task)
        if uses_arena(value):
            self.conversation.say({"type": "taken"})
        if len(values) > given.left:
            raise ProtocolError("an answer to more items than were given: the program wrote it")
        if not refused:
            self._answers.values(given.index, values)
            return len(values)
        for place, value in enumerate(values):
            if place in refused:
                facts = self._facts()
                facts.refusal = refused[place]
                item = given.batch.items[given.done + place]
                self._answers.failure(given.index + place, item, compose(facts))
            else:
                self._answers.values(given.index + place, [value])
        return len(values)

    def _display(self, bundle: dict[str, Any], metadata: dict[str, Any]) -> None:
        for stream in self.streams:  # what was printed before is in the pipes by now
            stream.read()
            stream.flush()
        self._task.display(bundle, metadata)

    def _facts(self) -> Facts:
        options, conversation = self._task.options, self.conversation
        facts = Facts(self._task.language.name, options.timeout, limits=options.limits())
        facts.exit, facts.started = self.lease.exit, conversation.began is not None
        facts.last, facts.stopped = conversation.last, conversation.stopped
        facts.stdout, facts.stderr = (stream.text() for stream in self.streams)
        facts.containment, facts.refusal = self.lease.containment, self._broken
        ended, extract = self.lease.exit, self._task.language.extract
        if extract is not None and ended is not None and (ended.status or 0) < 0:
            notes = os.pread(self.lease.outputs, RESULTS - NOTES, NOTES).rstrip(b"\0")
            facts.crash = extract(notes.decode("utf-8", "replace"), self._task.program)
        return facts

    def _count(self) -> int:
        """Which item it was working on; 0 if it does not tell."""
        return int.from_bytes(os.pread(self.lease.outputs, COUNT_SIZE, 0), sys.byteorder)


def _ignore_progress(done: float, total: float | None, text: str) -> None:
    """The map tells of its own progress."""
