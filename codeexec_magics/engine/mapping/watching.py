"""Wait for descriptors, and call who cares.

Lives in the kernel, in the thread that executes. Owns a poll object; the descriptors are others'.
"""

from __future__ import annotations

import select
from collections.abc import Callable

READ, WRITE = select.POLLIN, select.POLLOUT


class Watching:
    """The descriptors of one map, each with what is called when something happens there."""

    def __init__(self) -> None:
        self._poll = select.poll()
        self._handlers: dict[int, Callable[[int], None]] = {}
        self._masks: dict[int, int] = {}

    def add(self, fd: int, handler: Callable[[int], None]) -> None:
        """Call the handler, with the mask of what happened, when there is something to read."""
        self._handlers[fd], self._masks[fd] = handler, READ
        self._poll.register(fd, READ)

    def want_to_write(self, fd: int, wanted: bool) -> None:
        """Whether the handler is also to be called when the descriptor takes something."""
        mask = READ | (WRITE if wanted else 0)
        if self._masks.get(fd, mask) != mask:
            self._masks[fd] = mask
            self._poll.modify(fd, mask)

    def remove(self, fd: int) -> None:
        """Watch it no more; safe to call twice."""
        if self._handlers.pop(fd, None) is not None:
            del self._masks[fd]
            self._poll.unregister(fd)

    def wait(self, seconds: float | None) -> None:
        """Wait for what happens next, at most so long, and see to it."""
        for fd, mask in self._poll.poll(None if seconds is None else seconds * 1000):
            handler = self._handlers.get(fd)  # gone, if what came before has ended its worker
            if handler is not None:
                handler(mask)
