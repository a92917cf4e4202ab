"""What came of the items so far: values in their places, and failures.

Lives in the kernel, in the thread that executes.
"""

from __future__ import annotations

from typing import Any

from codeexec_magics.engine.mapping.failures import ItemFailure
from codeexec_magics.engine.mapping.items import Batch
from codeexec_magics.values.results import ExecutionResult


class Outcomes:
    """The values and failures of one map.

    Attributes:
        values: By the index of the item; None where nothing has come yet, a failure where the item
            failed.
        failures: The items that failed, by index.
        done: How many items are done with.
    """

    def __init__(self) -> None:
        self.values: list[Any] = []
        self.failures: dict[int, ItemFailure] = {}
        self.done = 0

    def expect(self, batch: Batch) -> None:
        """Have places for a batch."""
        missing = batch.first + len(batch.items) - len(self.values)
        if missing > 0:
            self.values += [None] * missing

    def take_values(self, first: int, values: list[Any]) -> None:
        """Take the values from one index on."""
        self.values[first : first + len(values)] = values
        self.done += len(values)

    def take_failure(self, index: int, item: object, result: ExecutionResult) -> None:
        """Take note that an item has failed."""
        self.values[index] = self.failures[index] = ItemFailure.of(index, item, result)
        self.done += 1

    @property
    def summary(self) -> str:
        """What is done, in words."""
        return f"items, {len(self.failures):,} failed" if self.failures else "items"
