"""Find out whether something works on this machine, by doing it in a child of this process.

Runs in the supervisor. Owns the child and a pipe for the time of it.
"""

from __future__ import annotations

import os
from collections.abc import Callable

_LONGEST_REASON = 500


def why_not(action: Callable[[], None]) -> str | None:
    """The reason why an action does not work; None if it does.

    Args:
        action: What is tried; it may change all that belongs to its process.
    """
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        _try(action, writer)
    os.close(writer)
    with os.fdopen(reader, "rb") as file:
        answer = file.read()
    os.waitpid(pid, 0)
    return None if answer == b"ok" else (answer.decode(errors="replace") or "the trial ended early")


def _try(action: Callable[[], None], writer: int) -> None:
    try:
        action()
        os.write(writer, b"ok")
    except BaseException as error:  # noqa: BLE001 - whatever it is, it does not work here
        reason = getattr(error, "strerror", None) or str(error)
        os.write(writer, reason.encode()[:_LONGEST_REASON])
    finally:
        os._exit(0)
