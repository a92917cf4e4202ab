"""An interrupt that comes when the program that it means has just ended.

Runs in the kernel. A program ends some milliseconds after an interrupt, or by itself just before
one, and ipykernel lets an interrupt raise until it has replied. There it takes away the value that
has come back, or the reply, for which a front end then waits for good; in the last lines it ends
the kernel with all variables (ipykernel 7.4, `Kernel.dispatch_shell`: nothing catches
KeyboardInterrupt around `post_handler_hook`, and in the log call before).
"""

from __future__ import annotations

import math
import signal
import threading
import time
from types import FrameType
from typing import Any

_LATE_IN_CELL = 1.0
"""Seconds from the end of a program, after which only showing it and the reply are left."""
_LATE_IN_CODE = 0.5
"""The same, where code goes on that the next interrupt may mean."""


class LateInterrupts:
    """Lets interrupts do nothing from the end of a program on, for a moment.

    ipykernel sets the handler anew for each request, so that it does not outlive the cell.
    Elsewhere, and where somebody else has set one, nothing is changed.

    Args:
        shell: IPython's shell.
        is_cell: Whether the program is the whole cell, so that nothing comes after it that an
            interrupt may mean. Else they are ignored only if the program itself was interrupted.
    """

    def __init__(self, shell: Any, *, is_cell: bool) -> None:
        self._is_kernel = hasattr(shell, "kernel")
        self._late = _LATE_IN_CELL if is_cell else _LATE_IN_CODE
        self._ignores_until = -math.inf
        if is_cell:
            self._install()

    def begin(self) -> None:
        """The program is under way; it sees to interrupts itself until it has ended."""
        self._ignores_until = math.inf

    def end(self, *, interrupted: bool) -> None:
        """The program has ended, and what it has brought back is in its place."""
        self._ignores_until = time.monotonic() + self._late
        if interrupted:
            self._install()

    def _install(self) -> None:
        if not self._is_kernel or threading.current_thread() is not threading.main_thread():
            return
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._handle)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if time.monotonic() >= self._ignores_until:
            signal.default_int_handler(number, frame)
