"""Control, as a bridge speaks it: one thread, and a program that is in another process.

Runs in the child. Owns descriptors 3 to 6.
"""

from __future__ import annotations

import os
import socket
from typing import Any

from ....protocol import frames
from ....protocol.numbers import CONTROL, INPUTS, OUTPUTS, STOP, VERSION


class Channel:
    """The control channel of the one run that this process serves."""

    def __init__(self) -> None:
        for fd in (CONTROL, INPUTS, OUTPUTS, STOP):
            os.set_inheritable(fd, False)
        self._socket = socket.socket(fileno=CONTROL)
        self._token: str | None = None

    def greet(self, language: str, version: str) -> None:
        """Say that the runner is ready."""
        self._send({"type": "ready", "protocol": VERSION, "language": language, "version": version})

    def receive_run(self) -> dict[str, Any]:
        """The message ``run``; ends this process if the kernel is gone."""
        run = frames.receive(self._socket)
        if run is None or run.get("type") != "run":
            os._exit(0)
        self._token = run["token"]
        return run

    def send(self, message: dict[str, Any]) -> None:
        """Send a message of the run."""
        self._send({**message, "token": self._token})

    def _send(self, message: dict[str, Any]) -> None:
        frames.send(self._socket, message)
