"""How a sequence is to be mapped: validated once, then trusted.

Plain frozen values; lives in the kernel.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

from codeexec_magics.errors import InvalidOptions

ON_ERROR = ("stop", "go on", "collect")
"""What an item that fails leads to. ``stop``: no later item is begun, and the map fails. ``go on``:
the others are finished, and the map fails. ``collect``: the others are finished, the map succeeds,
and an `ItemFailure` stands in the item's place."""

_MOST_WORKERS = 64
_MOST_ELSEWHERE = 100_000
_LARGEST_BATCH = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class MapPlan:
    """How items are handed out.

    Attributes:
        workers: How many processes at once; None for one for each core.
        batch: How many items are handed over at once; None for as many as take some 20 ms.
        on_error: One of `ON_ERROR`.
        on: Where they are worked on: a client of Dask or ipyparallel, the module ``ray``, any
            executor of ``concurrent.futures``; None for this machine. Then ``workers`` bounds how
            many chunks are worked on at once.
    """

    workers: int | None = None
    batch: int | None = None
    on_error: str = "stop"
    on: Any = field(default=None, compare=False)

    def __post_init__(self) -> None:
        most = _MOST_WORKERS if self.on is None else _MOST_ELSEWHERE
        _check_count("workers", self.workers, most)
        _check_count("batch", self.batch, _LARGEST_BATCH)
        if self.on_error not in ON_ERROR:
            known = ", ".join(map(repr, ON_ERROR))
            raise InvalidOptions(f"on_error must be one of {known}, not {self.on_error!r}")

    @property
    def most_workers(self) -> int:
        """How many workers there may be at once, on this machine."""
        if self.workers is not None:
            return self.workers
        allowed = getattr(os, "sched_getaffinity", None)
        return min(len(allowed(0)) if allowed else os.cpu_count() or 1, _MOST_WORKERS)


def _check_count(what: str, value: object, most: int) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise InvalidOptions(f"{what} must be 1 to {most:,}, not {value!r}")
