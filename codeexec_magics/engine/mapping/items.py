"""The items of a map: drawn when they are needed, in order, and given out again where one was lost.

Lives in the kernel, in the thread that executes. Owns the iterator; what it draws is the user's
code, which may throw.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Any

_LONGEST_DRAW = 0.01
"""Seconds; from what is slow fewer items are drawn than are asked for."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some items in a row.

    Attributes:
        first: The index of the first.
        items: The items.
    """

    first: int
    items: list[Any]

    def parts(self, *borders: int) -> list[Batch]:
        """The batch cut at the borders, which count from its beginning; without empty parts."""
        places = [0, *borders, len(self.items)]
        pairs = pairwise(places)
        return [Batch(self.first + a, self.items[a:b]) for a, b in pairs if a < b]


@dataclass(slots=True)
class HeldBatch:
    """A batch that the worker holds.

    Attributes:
        number: The worker's own count at its first item.
        batch: The items.
        in_arena: Whether it is read from the inputs arena.
        done: How many of them are done.
    """

    number: int
    batch: Batch
    in_arena: bool
    done: int = 0

    @property
    def left(self) -> int:
        """How many are not done."""
        return len(self.batch.items) - self.done

    @property
    def index(self) -> int:
        """The index of the first that is not done."""
        return self.batch.first + self.done

    @property
    def rest(self) -> Batch:
        """What is not done."""
        if not self.done:
            return self.batch
        return Batch(self.batch.first + self.done, self.batch.items[self.done :])

    def holds(self, number: int) -> bool:
        """Whether an item, by the worker's count, is among those that are not done."""
        return self.done <= number - self.number < len(self.batch.items)


class Items:
    """What is mapped, from the first item to the last.

    Args:
        items: Any iterable; it is iterated once, as far as items are needed.

    Attributes:
        total: How many items there are; None if that is not known.
        drawn: How many have been drawn.
        end: The index behind the last item that is still wanted; None for all.
        watched: What the map's loop listens to for their sake: descriptors, and what is called
            then; that says whether to listen on.
    """

    def __init__(self, items: Iterable[Any]) -> None:
        self.total = len(items) if isinstance(items, Sized) else None
        self.drawn = 0
        self.end: int | None = None
        self.watched: dict[int, Callable[[], bool]] = {}
        self._slices: Sequence[Any] | None = None
        if isinstance(items, list | tuple | range) and type(items) in (list, tuple, range):
            self._slices = items
        self._iterator: Iterator[Any] | None = None if self._slices is not None else iter(items)
        self._again: deque[Batch] = deque()

    @property
    def left(self) -> int | None:
        """How many are still to be drawn, if that is known."""
        return None if self.total is None else max(self.total - self.drawn, 0)

    @property
    def waiting(self) -> float:
        """How many batches or items there may still be to give out; infinity if it is unknown."""
        left = self.left
        fresh = 0 if self._ended or not self._wanted(self.drawn) else left
        return len(self._again) + (float("inf") if fresh is None else fresh)

    @property
    def is_quiet(self) -> bool:
        """Whether to draw from it runs none of the user's code."""
        return self._slices is not None

    @property
    def exhausted(self) -> bool:
        """Whether there is nothing more to give out, as far as is known."""
        return not self._again and (self._ended or not self._wanted(self.drawn))

    def take(self, count: int) -> Batch | None:
        """The next items, at most so many; None if there are no more.

        Raises:
            BaseException: Whatever the iterable throws.
        """
        while self._again:
            batch = self._again.popleft()
            if self._wanted(batch.first):
                return batch
        if self._ended or not self._wanted(self.drawn):
            return None
        batch = Batch(self.drawn, self._draw(count))
        self.drawn += len(batch.items)
        return batch if batch.items else None

    def give_back(self, batches: Iterable[Batch]) -> None:
        """Have batches given out again, before all others."""
        self._again.extendleft(reversed(list(batches)))

    def stop_at(self, index: int) -> None:
        """Give out no item from this index on."""
        self.end = index if self.end is None else min(self.end, index)

    @property
    def _ended(self) -> bool:
        if self._slices is not None:
            return self.drawn >= len(self._slices)
        return self._iterator is None

    def _wanted(self, index: int) -> bool:
        return self.end is None or index < self.end

    def _draw(self, count: int) -> list[Any]:
        if self._slices is not None:
            return list(self._slices[self.drawn : self.drawn + count])
        assert self._iterator is not None
        drawn: list[Any] = []
        deadline, step = time.monotonic() + _LONGEST_DRAW, 1
        while len(drawn) < count:
            step = min(step, count - len(drawn))
            part = list(islice(self._iterator, step))
            drawn += part
            if len(part) < step:
                self._iterator = None
                break
            if time.monotonic() > deadline:
                break
            step *= 2
        return drawn
