"""A batch that a worker holds, and how far it is with it.

Lives in the kernel, in the thread that executes.
"""

from __future__ import annotations

from dataclasses import dataclass

from codeexec_magics.engine.mapping.items import Batch


@dataclass(slots=True)
class Given:
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
