"""The right to talk to one worker; ends in release.

Lives in the kernel, in the thread that executes. Owns the run socket and the owner's ends of the
worker's descriptors.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from codeexec_magics.errors import (
    CodeExecError,
    IsolationUnavailable,
    LanguageUnavailable,
    ProtocolError,
    SupervisorLost,
)
from codeexec_magics.protocol import frames

_FOREVER = 1e9
"""Seconds; above it the reaper's clock overflows."""
_LONGEST_END = 45.0
"""Seconds; a reaper on an overrun machine gives up sooner than that (`kill_deadline`)."""


@dataclass(frozen=True, slots=True)
class Exit:
    """How a run ended, as its reaper tells.

    Attributes:
        cause: ``exit, released, deadline, memory, cpu_time, processes, interrupt, killed,
            owner_gone, supervisor_lost`` or ``reaper_lost``.
        status: The worker's exit code, -N for signal N, None if it is not known.
        out_of_memory: Whether the kernel's OOM killer struck during the run.
        cpu_time: Seconds, the whole tree.
        peak_memory: Bytes, the largest process.
        reaped: Processes whose end was awaited.
        forced: Those of them that were killed.
        left: Those that could not be ended.
    """

    cause: str
    status: int | None = None
    out_of_memory: bool = False
    cpu_time: float | None = None
    peak_memory: int | None = None
    reaped: int = 0
    forced: int = 0
    left: int = 0

    @classmethod
    def from_message(cls, message: dict[str, Any]) -> Exit:
        """Read the message ``exited``."""
        return cls(**{name: message[name] for name in cls.__slots__ if name in message})


class Lease:
    """One run as its owner sees it.

    Attributes:
        pid: The worker's process, for reports; never signal it from here.
        containment: The tier that holds the run.
        session: The marker of the supervisor's session, in the run's environment.
        control: The socket to the runner, non-blocking.
        inputs: Descriptor of the inputs arena.
        outputs: Descriptor of the outputs arena.
        stdout: Descriptor, non-blocking.
        stderr: Descriptor, non-blocking.
        place: What the worker's directory is: device and inode; None if nothing is known of it.
        scratch: The run's temporary directory.
        exit: How the run ended; None until it has.
    """

    def __init__(
        self, run: socket.socket, leased: dict[str, Any], descriptors: list[int], session: str
    ) -> None:
        self._channel = run
        self._reader = frames.FrameReader()
        self._lock = threading.Lock()
        self.pid: int = leased["pid"]
        self.reaper: int = leased["reaper"]
        self.containment: str = leased["containment"]
        self.place: list[int] | None = leased["place"]
        self.scratch: str = leased["scratch"]
        self.session = session
        control, self.inputs, self.outputs, self.stdout, self.stderr = descriptors
        self.control = frames.socket_of(control)
        self.control.setblocking(False)
        for fd in (self.stdout, self.stderr):
            os.set_blocking(fd, False)
        self._armed = False
        self.exit: Exit | None = None

    def fileno(self) -> int:
        """The run socket, for a selector: readable when `receive` has something to do."""
        return self._channel.fileno()

    def arm(self, seconds: float | None, grace: float, limits: Mapping[str, float | None]) -> None:
        """Start the clock: the run is stopped in ``seconds`` from now, or at one of the limits.

        Args:
            seconds: None for no deadline.
            grace: Seconds from the stop to the kill.
            limits: ``memory`` (bytes), ``cpu_time`` (seconds), ``processes``, ``cpus``; with
                any of them this waits until they are in force.
        """
        confirm = bool(limits)
        # As an instant, on the clock that all processes share: the way there takes time, too.
        deadline = None if seconds is None else time.monotonic() + min(seconds, _FOREVER)
        self._request(
            {"type": "arm", "deadline": deadline, "grace": grace, "confirm": confirm, **limits}
        )
        self._channel.settimeout(_LONGEST_END)
        while confirm and not self._armed and self.exit is None:
            self.receive()

    def interrupt(self, grace: float) -> None:
        """Send the program SIGINT, and kill it after ``grace`` seconds; the second time, at once.

        May be called from any thread.
        """
        self._request({"type": "interrupt", "grace": grace})

    def release(self) -> None:
        """Have the run ended now; `exit` tells when it has. Safe in any state, from any thread."""
        if self.exit is None:
            self._request({"type": "release"})

    def receive(self) -> None:
        """Take what the reaper sent; sets `exit` when the run is over.

        Raises:
            LanguageUnavailable: The worker could not be started; nothing is left of it.
            SupervisorLost: Both the reaper and the supervisor ended without a word.
        """
        received = b""
        with contextlib.suppress(ConnectionResetError):  # killed before they read what was asked
            received = self._channel.recv(65536)
        if not received:
            if self.exit is not None:
                return  # it has said all, and is gone
            raise SupervisorLost("the supervisor and the reaper of this run were killed")
        for message in self._reader.feed(received):
            if message["type"] == "armed":
                self._armed = True
            elif message["type"] == "exited":
                self.exit = Exit.from_message(message)
            elif message["type"] == "refused":
                self.exit = Exit("exit")
                raise refusal(message)

    def wait(self) -> None:
        """Wait until the run is over; quick if it is, and bounded in any case."""
        self._channel.settimeout(_LONGEST_END)
        while self.exit is None:
            try:
                self.receive()
            except (OSError, CodeExecError):
                break

    def give_up(self) -> None:
        """Take the reaper for lost: nothing that it may still say is waited for."""
        self.exit = self.exit or Exit("supervisor_lost")

    def close(self) -> None:
        """Give every descriptor back; ends the run if it is not over. Safe to call twice."""
        self._channel.close()
        self.control.close()
        for name in ("inputs", "outputs", "stdout", "stderr"):
            fd = getattr(self, name)
            if fd >= 0:
                setattr(self, name, -1)
                os.close(fd)

    def _request(self, message: dict[str, Any]) -> None:
        # A reaper that has gone answers by `exited` or by the end of the socket, not here.
        with self._lock, contextlib.suppress(OSError):
            frames.send(self._channel, message)


def refusal(message: dict[str, Any]) -> Exception:
    """The exception for the message ``refused``."""
    path, reason = message.get("path") or "", message.get("reason") or "no reason given"
    if message.get("what") == "isolation":
        return IsolationUnavailable(reason)
    if not path:
        return ProtocolError(f"the worker could not be prepared: {reason}")
    detail = os.strerror(message["errno"]) if message.get("errno") else reason
    return LanguageUnavailable(f"cannot start a worker at {path}: {detail}")
