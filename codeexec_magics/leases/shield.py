"""While a run is under way, SIGINT only counts and wakes; it is acted upon synchronously.

Lives in the kernel, in the thread that executes. Owns the SIGINT handler for the time of a run, and
a pipe. KeyboardInterrupt out of the blue would tear apart whatever line it hits: a lease that has
been granted but not stored yet is a leak.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from types import FrameType, TracebackType
from typing import Any, Self


class Shield:
    """A context in which an interrupt is counted instead of raised.

    In another thread than the main one Python delivers no signals: there the shield only offers
    `interrupt`, which any thread may call.

    Attributes:
        count: How many interrupts have come.
    """

    def __init__(self) -> None:
        self.count = 0
        self._wake = self._wake_end = -1
        self._previous: Any = None
        self._installed = False
        self._lowered = False

    def __enter__(self) -> Self:
        # The handler before the pipe, and after it in `__exit__`: an interrupt that is raised
        # between the two would leave the pipe open for good.
        if threading.current_thread() is threading.main_thread():
            self._previous = signal.signal(signal.SIGINT, self._on_signal)
            self._installed = True
        try:
            self._wake, self._wake_end = os.pipe()
        except OSError:
            self._give_back()
            raise
        for fd in (self._wake, self._wake_end):
            os.set_blocking(fd, False)
        if self.count:
            os.write(self._wake_end, b"!" * self.count)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        ends = (self._wake, self._wake_end)
        # Before they are closed: an interrupt that comes late must hit no other descriptor.
        self._wake = self._wake_end = -1
        for fd in ends:
            os.close(fd)
        self._give_back()

    def fileno(self) -> int:
        """A descriptor that is readable after an interrupt, for a selector."""
        return self._wake

    def interrupt(self) -> None:
        """Count an interrupt and wake the selector; may be called from any thread or handler."""
        self.count += 1
        with contextlib.suppress(OSError):
            os.write(self._wake_end, b"!")

    def take(self) -> int:
        """How many interrupts have come since the last call."""
        with contextlib.suppress(OSError):
            return len(os.read(self._wake, 4096))
        return 0

    @contextlib.contextmanager
    def lowered(self) -> Iterator[None]:
        """Within, the next interrupt is raised as well: what runs there is the user's own code."""
        self._lowered = True
        try:
            yield
        finally:
            self._lowered = False

    def _give_back(self) -> None:
        """Put the handler back that was there before."""
        if not self._installed:
            return
        self._installed = False
        # A handler of C code cannot be put back from Python; the default is nearest.
        previous = self._previous if self._previous is not None else signal.default_int_handler
        signal.signal(signal.SIGINT, previous)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.interrupt()
        if self._lowered:
            self._lowered = False  # here, since what is raised may hit the end of `lowered` itself
            raise KeyboardInterrupt
