"""How many items make a chunk of a map elsewhere, learned from what they have taken.

Lives in the process that calls the map; pure arithmetic. A chunk costs its way there and back, the
engine's own bookkeeping, and at first the start of a program: it is some hundred times as long.
"""

from __future__ import annotations

_FIRST = 64
_LEAST_SECONDS, _MOST_SECONDS = 0.5, 60.0
_SETUPS = 20
"""How many times as long as a start a chunk is."""
_PER_SLOT = 0.03
"""Seconds for each chunk that is worked on at once: so many can be handed out in a second."""
_GROWTH = 32
_MOST_ITEMS = 1 << 18
_MOST_BYTES = 8 << 20
_SHORTEST = 1e-8
_MEMORY = 0.5
_TAIL = 4
"""The last chunks are not shorter than a fourth of the others."""


class ChunkSize:
    """The size of the next chunk.

    Args:
        fixed: The size that nobody may exceed; None for none.
    """

    def __init__(self, fixed: int | None = None) -> None:
        self._fixed = fixed
        self._size = _FIRST
        self._count = 0.0
        self._work = 0.0
        self._setup = 0.0
        self._bytes = 0.0

    def weigh(self, count: int, size: int) -> None:
        """Take note of how many bytes some items were."""
        self._bytes = max(size / max(count, 1), self._bytes * _MEMORY)

    def learn(self, count: int, seconds: float, setup: float, slots: int) -> None:
        """Take note of what some items have taken.

        Args:
            count: How many there were.
            seconds: What they have taken, without the start.
            setup: What the start of the program has taken; 0 if there was none.
            slots: How many chunks are worked on at once.
        """
        if not count:
            return
        self._count = self._count * _MEMORY + count
        self._work = self._work * _MEMORY + seconds
        self._setup = max(self._setup, setup)
        each = max(self._work / self._count, _SHORTEST)
        wanted = max(_LEAST_SECONDS, _SETUPS * self._setup, _PER_SLOT * slots)
        wanted = min(wanted, _MOST_SECONDS)
        self._size = max(1, min(int(wanted / each), self._size * _GROWTH, _MOST_ITEMS))

    def size(self, left: int | None, slots: int) -> int:
        """How many items make the next chunk.

        Args:
            left: How many there still are, if that is known.
            slots: How many chunks are worked on at once.
        """
        size = self._size if self._fixed is None else min(self._size, self._fixed)
        if self._bytes:
            size = min(size, max(1, int(_MOST_BYTES / self._bytes)))
        if left is not None:
            size = min(size, max(left // (2 * slots), size // _TAIL))
        return max(1, size)
