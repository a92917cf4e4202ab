"""What a worker of a map tells of its items, and of its end.

An interface only; the pool has it, in the kernel.
"""

from __future__ import annotations

from typing import Any, Protocol

from codeexec_magics.engine.mapping.items import Batch
from codeexec_magics.engine.outcome import Facts
from codeexec_magics.values.results import ExecutionResult


class Employer(Protocol):
    """Who hears of what became of items."""

    def take_values(self, first: int, values: list[Any]) -> None:
        """The values of the items from one index on."""

    def take_failure(self, index: int, item: Any, result: ExecutionResult) -> None:
        """An item has failed, and how."""

    def take_back(self, batches: list[Batch]) -> None:
        """Items that must be given out again."""

    def learn(self, count: int, seconds: float) -> None:
        """How many items took how many seconds."""

    def note_end(self, number: int, facts: Facts) -> None:
        """The worker of this number is gone, by itself or because it was to go."""

    def wants_verdict(self) -> bool:
        """Whether it matters what a worker that has ended by itself was doing."""

    def take_fault(self, result: ExecutionResult) -> None:
        """A worker has ended by the program's own fault, before or between its items."""
