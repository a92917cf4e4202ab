"""The time of one item among many: a worker that maps counts its items in memory that it shares.

Runs in a reaper. The count stands at the beginning of the outputs arena; 0 while the worker waits.
It is only compared: what it means is the owner's business. The owner need not listen, and the
worker does nothing for it but to write a number.
"""

from __future__ import annotations

import os
import time

from ..protocol.numbers import COUNT_SIZE

_LOOKS = 32
"""Looks for each item's time: the share of it by which an item may be late to be ended."""
_SHORTEST_ROUND = 0.001


class ItemClock:
    """Looks from time to time whether an item has had its time.

    Args:
        count: A descriptor of the outputs arena.
        seconds: What each item may take.

    Attributes:
        next: When to look again (monotonic seconds).
    """

    def __init__(self, count: int, seconds: float) -> None:
        self._fd = count
        self._seconds = seconds
        self._round = max(seconds / _LOOKS, _SHORTEST_ROUND)
        self._count = b""
        self._since = time.monotonic()
        self.next = self._since + self._round

    def look(self) -> bool:
        """Whether the item that is being worked on has had its time."""
        now = time.monotonic()
        count = os.pread(self._fd, COUNT_SIZE, 0)
        # From the look that saw it first: an item is never given less than its time.
        if count != self._count or not any(count):
            self._count, self._since = count, now
        left = self._since + self._seconds - now
        self.next = now + min(self._round, max(left, 0.0))
        return left <= 0
