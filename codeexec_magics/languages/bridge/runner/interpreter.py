"""The interpreter behind a bridge: its process, and the two pipes to its driver.

Runs in the bridge's process. Owns the interpreter's process; the reaper ends both, and all that
the program has started, whatever happens here.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
from typing import Any, NoReturn

from ....protocol.numbers import INPUTS, LARGEST_FRAME, OUTPUTS

REQUEST, ANSWERS, ARENA, RESULTS = 3, 4, 5, 6
"""The descriptors of a driver: DRIVER.md says what they are."""

_CHUNK = 1 << 16


class DriverError(Exception):
    """A driver has said what DRIVER.md does not have."""


class Interpreter:
    """An interpreter that runs a driver.

    Args:
        argv: Its command, the driver included.
        arena: What it is given as `ARENA`, if not the inputs arena.
    """

    def __init__(self, argv: list[str], arena: int = INPUTS) -> None:
        request, self._request = os.pipe()
        self._answers, answers = os.pipe()
        ends = {request: REQUEST, answers: ANSWERS, arena: ARENA, OUTPUTS: RESULTS}
        self._process = _spawn(argv, ends)
        os.close(request)
        os.close(answers)
        self._rest = b""
        has = hasattr(os, "pidfd_open")  # not in every Linux that runs Python 3.9
        self._ended = os.pidfd_open(self._process.pid) if has else None

    def ask(self, request: dict[str, Any]) -> None:
        """Hand the one request over."""
        data = json.dumps(request, ensure_ascii=False, separators=(",", ":")).encode(
            "utf-8", "surrogatepass"
        )
        self.send(data + b"\n")

    def send(self, line: bytes) -> None:
        """Hand the one request over, as it is."""
        with open(self._request, "wb") as pipe:
            try:
                pipe.write(line)
            except BrokenPipeError:
                self.end_alike()

    def hear(self) -> dict[str, Any] | None:
        """The next line of the driver; None when there are no more.

        Raises:
            DriverError: It is no JSON object.
        """
        parts = [self._rest]
        while b"\n" not in parts[-1]:
            part = self._read()
            if not part:
                return None
            parts.append(part)
            if sum(map(len, parts)) > LARGEST_FRAME:
                raise DriverError("the driver's line is longer than 16 MiB")
        line, _, self._rest = b"".join(parts).partition(b"\n")
        try:
            said = json.loads(line)
        except ValueError:
            said = None
        if type(said) is not dict:
            raise DriverError(f"the driver's line is no JSON object: {line[:200]!r}")
        return said

    def _read(self) -> bytes:
        """What the driver has written next; nothing if the interpreter has ended.

        Not only at the pipe's end, since what the program has started may hold that.
        """
        if self._ended is not None:
            ready, _, _ = select.select([self._answers, self._ended], [], [])
            if self._answers not in ready:
                return b""
        return os.read(self._answers, _CHUNK)

    def interrupt(self) -> None:
        """Pass an interrupt on, to whatever runs in the interpreter's group."""
        try:
            os.killpg(self._process.pid, signal.SIGINT)
        except OSError:
            return

    def end_alike(self) -> NoReturn:
        """End this process as the interpreter has ended: by its code, or by its signal."""
        status = self._process.wait()
        if status < 0:
            signal.signal(-status, signal.SIG_DFL) if -status != signal.SIGKILL else None
            os.kill(os.getpid(), -status)
        os._exit(status)


def _spawn(argv: list[str], ends: dict[int, int]) -> subprocess.Popen[bytes]:
    """Start a process in a group of its own, with our descriptors under other numbers."""

    def place() -> None:
        os.setpgid(0, 0)
        # By way of high numbers: one that is to be taken may be one that is still needed.
        high = {os.dup(fd): number for fd, number in ends.items()}
        while any(fd in ends.values() for fd in high):
            high = {os.dup(fd) if fd in ends.values() else fd: to for fd, to in high.items()}
        for fd, number in high.items():
            os.dup2(fd, number, inheritable=True)

    return subprocess.Popen(  # noqa: S603 - it is what the bridge is for
        argv,
        stdin=subprocess.DEVNULL,
        close_fds=False,
        preexec_fn=place,
        restore_signals=True,
    )
