"""What has a time of its own while a run is under way.

Lives in the kernel; called by the loop, in the thread that executes.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

NEVER = float("inf")


class Timer(Protocol):
    """Something with a time of its own."""

    next: float
    """When it is called next (monotonic seconds)."""

    def beat(self) -> None:
        """Do it, and take note of the next time."""


@dataclass(slots=True)
class Pulse:
    """A timer that goes off again and again while a run is under way.

    Attributes:
        call: What is called, in the thread that executes; may return another time between calls.
        next: When it is called next (monotonic seconds).
        seconds: The time between two calls.
    """

    call: Callable[[], float | None]
    next: float
    seconds: float = 0.25

    def beat(self) -> None:
        """Call it, and take note of the next time."""
        self.seconds = self.call() or self.seconds
        self.next = time.monotonic() + self.seconds


@dataclass(slots=True)
class Alarm:
    """A timer that goes off once, some time after it was set.

    Attributes:
        call: What is called then.
        seconds: How long after.
        next: When (monotonic seconds); infinity while it is not set.
    """

    call: Callable[[], None]
    seconds: float
    next: float = NEVER

    @property
    def is_set(self) -> bool:
        """Whether it will go off."""
        return self.next != NEVER

    def set(self) -> None:
        """Have it go off, unless it will by then."""
        if not self.is_set:
            self.next = time.monotonic() + self.seconds

    def beat(self) -> None:
        """Call it."""
        self.next = NEVER
        self.call()
