"""Children of a program that is interrupted: it does not wait for them in vain.

Runs in the child, when the program has ``subprocess`` imported. A terminal interrupts a program and
its children together, and ``subprocess`` gives them a quarter of a second to end of it. Here the
program alone is interrupted; what it leaves is killed when it has ended.
"""

from __future__ import annotations

from typing import Any


def adapt(module: Any) -> None:
    """Have ``wait`` and ``communicate`` pass an interrupt on at once."""
    module.Popen._sigint_wait_secs = property(lambda _: 0, lambda *_: None)
