"""The second press of Stop, which comes when the cell that it means has just ended.

Runs in the kernel. ipykernel lets an interrupt raise until it has replied, and one that comes in
its last lines ends the kernel with all variables (ipykernel 7.4, `Kernel.dispatch_shell`: nothing
catches KeyboardInterrupt around `post_handler_hook`, and in the log call before). A program ends
some milliseconds after an interrupt, so that a double press may hit those lines.
"""

from __future__ import annotations

import signal
import threading
import time
from types import FrameType
from typing import Any

_ECHO = 0.25
"""Seconds from the end of an interrupted program in which another interrupt means the same."""


def ignore_echoes(shell: Any) -> None:
    """For a moment, let an interrupt do nothing; afterwards it raises as before.

    ipykernel sets the handler anew for each request. Elsewhere, and where somebody else has set
    one, nothing is changed.
    """
    is_kernel = hasattr(shell, "kernel") and threading.current_thread() is threading.main_thread()
    if not is_kernel or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        return
    ends = time.monotonic() + _ECHO

    def handle(number: int, frame: FrameType | None) -> None:
        if time.monotonic() >= ends:
            signal.default_int_handler(number, frame)

    signal.signal(signal.SIGINT, handle)
