"""Items that others hand in, chunk by chunk, while a map's process stays: those of a map elsewhere.

Lives in the process that executes. Chunks are handed in by another thread, one at a time; the
map's own thread draws from them, and tells it when one is done with.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from typing import Any

from codeexec_magics.engine.mapping.failures import ItemFailure, Outcomes
from codeexec_magics.engine.mapping.items import Batch, Items
from codeexec_magics.values.results import ExecutionResult

_DONE = b"\1"


class Chunk:
    """Some items in a row, and what came of them.

    Args:
        batch: The items, with the index of the first in the whole map.

    Attributes:
        batch: As given.
        values: In the places of the items.
        failures: By the index in the whole map.
        setup: Seconds until the first was done with.
        finished: Set when nothing more will come.
        fault: How the program ended, where that was no item's fault.
    """

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self.values: list[Any] = [None] * len(batch.items)
        self.failures: dict[int, ItemFailure] = {}
        self.setup: float | None = None
        self.finished = threading.Event()
        self.fault: ExecutionResult | None = None
        self._begun = time.monotonic()
        self._done = bytearray(len(batch.items))
        self._first_open = 0

    def take(self, index: int, values: list[Any]) -> None:
        """Take values from an index of the whole map on."""
        if self.setup is None:
            self.setup = time.monotonic() - self._begun
        place = index - self.batch.first
        self.values[place : place + len(values)] = values
        self._done[place : place + len(values)] = _DONE * len(values)

    def is_done(self, end: int | None) -> bool:
        """Whether all items are done with; those from ``end`` on do not count."""
        wanted = self.wanted(end)
        self._first_open = self._done.find(0, self._first_open)
        if self._first_open < 0:
            self._first_open = len(self._done)
        return self._first_open >= wanted

    def wanted(self, end: int | None) -> int:
        """How many of its items stand before an index; None for all."""
        count = len(self.values)
        return count if end is None else max(0, min(count, end - self.batch.first))


class FedItems(Items):
    """What is mapped, as far as it is known.

    Attributes:
        outcomes: What came of the chunk that is worked on.
        chunk: What is worked on; None between two.
        is_closed: Whether there will be no more.
        idle_since: When the last chunk was done with (monotonic seconds).
    """

    def __init__(self) -> None:
        super().__init__(())
        self.total = None
        self.outcomes = _ChunkOutcomes(self)
        self._wake, self._wake_end = os.pipe()
        for fd in (self._wake, self._wake_end):
            os.set_blocking(fd, False)
        self.watched[self._wake] = self._on_wake
        self.chunk: Chunk | None = None
        self.is_closed = False
        self.idle_since = time.monotonic()

    @property
    def left(self) -> int | None:
        """There is one worker: nothing has to be shared out."""
        return None

    @property
    def waiting(self) -> float:
        """How many batches or items there may still be to give out."""
        return len(self._again) + (not self._ended)

    def push(self, chunk: Chunk) -> None:
        """Hand in the next chunk, when the last is done with."""
        self.drawn = chunk.batch.first
        self.chunk = chunk
        self._stir()

    def close(self) -> None:
        """There will be no more chunks. May be called from any thread."""
        self.is_closed = True
        self._stir()

    def give_up(self) -> None:
        """Let the descriptors go, once the map has ended."""
        ends, self._wake, self._wake_end = (self._wake, self._wake_end), -1, -1
        for fd in ends:
            os.close(fd)

    def settle(self) -> None:
        """Pass the chunk on if it is done with."""
        chunk = self.chunk
        if chunk is not None and chunk.is_done(self.end):
            self.chunk, self.idle_since = None, time.monotonic()
            chunk.finished.set()

    def stop_at(self, index: int) -> None:
        """Give out no item from this index on."""
        super().stop_at(index)
        self.settle()

    @property
    def exhausted(self) -> bool:
        """Whether there is nothing more to give out."""
        return self.is_closed and not self._again and self._ended

    @property
    def _ended(self) -> bool:
        chunk = self.chunk
        if chunk is None or not self._wanted(self.drawn):
            return True
        return self.drawn >= chunk.batch.first + len(chunk.batch.items)

    def _draw(self, count: int) -> list[Any]:
        assert self.chunk is not None
        place = self.drawn - self.chunk.batch.first
        return self.chunk.batch.items[place : place + count]

    def _stir(self) -> None:
        with contextlib.suppress(OSError):
            os.write(self._wake_end, b"!")

    def _on_wake(self) -> bool:
        with contextlib.suppress(OSError):
            os.read(self._wake, 4096)
        self.settle()  # an empty chunk, or one that nobody wants any more, is done with
        return True


class _ChunkOutcomes(Outcomes):
    """Outcomes that go into the chunk; none is kept here."""

    def __init__(self, items: FedItems) -> None:
        super().__init__()
        self._items = items

    def expect(self, batch: Batch) -> None:
        """The chunk has its places already."""

    def take_values(self, first: int, values: list[Any]) -> None:
        """Take the values from one index on."""
        if self._items.chunk is not None:
            self._items.chunk.take(first, values)
            self._items.settle()

    def take_failure(self, index: int, item: object, result: ExecutionResult) -> None:
        """Take note that an item has failed."""
        chunk = self._items.chunk
        if chunk is not None:
            failure = ItemFailure.of(index, item, result)
            chunk.failures[index] = failure
            chunk.take(index, [failure])
            self._items.settle()
