"""How many items a worker is handed at once, learned from what they have taken.

Lives in the kernel; pure arithmetic. A batch is some 20 ms of work: long enough that handing it
over costs next to nothing, short enough that little is lost or late when one of its items hangs.
"""

from __future__ import annotations

_WORK = 0.02
"""Seconds of work in a batch."""
_AHEAD = 0.01
"""Seconds of work that a worker holds where each item is handed over and answered by itself."""
_LEAST = 0.001
"""Seconds of work below which the last items are not cut into ever smaller shares."""
_GROWTH = 4
_MEMORY = 0.5
_LARGEST = 65_536
_MOST_AHEAD = 512
_SHORTEST = 1e-7


class BatchSize:
    """The size of the next batch.

    Args:
        fixed: The size that the user wants; None to find it.
    """

    def __init__(self, fixed: int | None) -> None:
        self._fixed = fixed
        self._size = 1
        self._count = 0.0
        self._work = 0.0
        self._seconds: float | None = None

    def learn(self, count: int, seconds: float) -> None:
        """Take note of what some items have taken."""
        # The older the less it counts; and one slow item among thousands does not count for much.
        self._count = self._count * _MEMORY + count
        self._work = self._work * _MEMORY + seconds
        self._seconds = max(self._work / self._count, _SHORTEST)
        wanted = min(int(_WORK / self._seconds), self._size * _GROWTH, _LARGEST)
        self._size = max(wanted, 1)

    def size(self, left: int | None, workers: int) -> int:
        """How many items make the next batch.

        Args:
            left: How many there still are, if that is known.
            workers: How many workers there may be.
        """
        if self.each:
            seconds = self._seconds or _AHEAD
            return max(1, min(int(_AHEAD / seconds), _MOST_AHEAD, _share(left, workers)))
        if self._fixed is not None:
            return self._fixed
        least = int(_LEAST / (self._seconds or _LEAST))
        return max(1, min(self._size, max(_share(left, workers), least)))

    @property
    def each(self) -> bool:
        """Whether items are answered one by one: none of them is ever worked on twice."""
        return self._fixed == 1

    @property
    def batches(self) -> int:
        """How many batches a worker may have at once, the one in work included."""
        if self._seconds is None:
            return 1
        if self.each:
            return 2 if self._seconds <= _AHEAD / 2 else 1
        return 2 if self._seconds * (self._fixed or self._size) <= 2 * _WORK else 1


def _share(left: int | None, workers: int) -> int:
    """What of the last items is one worker's, so that all end at the same time."""
    return _LARGEST if left is None else left // (2 * workers)
