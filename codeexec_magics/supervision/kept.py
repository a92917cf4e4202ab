"""A run that was asked for ahead: its worker is the owner's as soon as the owner claims it.

Runs in the supervisor. Owns the run socket until a worker is handed over, and a token: a pipe with
one byte, which owner and supervisor can both read. Who gets the byte has the worker.
"""

from __future__ import annotations

import os
import select
import socket


class Kept:
    """One such run.

    Args:
        run: The run socket.
        token: The pipe with the byte; its other end is closed everywhere.
    """

    def __init__(self, run: socket.socket, token: int) -> None:
        self.run = run
        self.token = token

    @property
    def is_idle(self) -> bool:
        """Whether the owner has not claimed it yet."""
        return _is_there(self.token, select.POLLIN)

    @property
    def is_given_up(self) -> bool:
        """Whether the owner does not want it any more; asked before it has a worker."""
        return _is_there(self.run.fileno(), select.POLLIN | select.POLLHUP)

    def take_back(self) -> bool:
        """Have it for ourselves; False if the owner was first."""
        return bool(os.read(self.token, 1))

    def close(self) -> None:
        """Let go of the token; safe to call twice."""
        if self.token >= 0:
            os.close(self.token)
            self.token = -1


def _is_there(fd: int, events: int) -> bool:
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return any(found & events for _, found in poll.poll(0))
