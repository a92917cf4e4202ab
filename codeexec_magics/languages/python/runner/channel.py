"""The runner's end of control, and the arenas beside it.

Runs in the child. Owns descriptors 3 to 6. A program may close them or put others in their place;
so what they are is remembered, and checked before each use.
"""

from __future__ import annotations

import _thread
import contextlib
import fcntl
import os
import select
import socket
import sys
from time import monotonic, sleep
from typing import Any

from ....protocol import frames
from ....protocol.numbers import CONTROL, INPUTS, LOST_DESCRIPTOR, OUTPUTS, STOP
from . import shared_memory

_OUT_OF_THE_WAY = 200
_UNREAD = 0x5411  # SIOCOUTQ of Linux; elsewhere an error, and nothing is waited for
_ZERO = bytes(4)
_READ_SIZE = 1 << 18
_LONGEST_WAIT, _SHORT_WAIT = 0.2, 0.0001


class Channel:
    """Control and arenas of the one run that this process serves."""

    def __init__(self) -> None:
        for fd in (CONTROL, INPUTS, OUTPUTS, STOP):
            # First of all: a grandchild must not keep the channel open.
            os.set_inheritable(fd, False)
        self._identities = {fd: _identity(fd) for fd in (CONTROL, INPUTS, OUTPUTS)}
        self._socket = socket.socket(fileno=CONTROL)
        self._reader = frames.FrameReader()
        self._process = os.getpid()
        self._lock = _thread.RLock()
        self._speaker = 0
        self.token: str | None = None
        self.shared_before: frozenset[str] = frozenset()

    def check(self, fd: int) -> int:
        """Return ``fd`` if it still is what it was; else end this process with a reason."""
        if _identity(fd) != self._identities[fd]:
            os.write(
                2,
                b"the program closed or replaced descriptor %d, which belongs to the runner\n" % fd,
            )
            os._exit(LOST_DESCRIPTOR)
        return fd

    def crash_notes(self) -> int:
        """A descriptor of the outputs arena for what is written in a crash: no value follows then.

        It is out of the way of programs that close descriptors by number.
        """
        try:
            return fcntl.fcntl(OUTPUTS, fcntl.F_DUPFD_CLOEXEC, _OUT_OF_THE_WAY)
        except OSError:  # this process may not have so many
            return fcntl.fcntl(OUTPUTS, fcntl.F_DUPFD_CLOEXEC, STOP + 1)

    def is_quiet(self, seconds: float) -> bool:
        """Whether the kernel says nothing for so long."""
        return not select.select([self._socket], [], [], seconds)[0]

    def receive(self) -> dict[str, Any] | None:
        """The next message; None when the kernel is gone."""
        return frames.receive(self._socket)

    def receive_some(self) -> list[dict[str, Any]]:
        """The messages that have come, once there is any; ends this process if the kernel is gone.

        Not to be mixed with `receive`: parts of later messages may have been read.
        """
        messages: list[dict[str, Any]] = []
        while not messages:
            received = self._socket.recv(_READ_SIZE)
            if not received:
                self.leave(0)
            messages = self._reader.feed(received)
        return messages

    def send(self, message: dict[str, Any]) -> None:
        """Send one message, whole, from any thread; in a fork of the process nothing is sent.

        A signal handler that cuts into this thread's own sending says nothing: its message would
        stand in the middle of the other.
        """
        if self.token is not None:
            message["token"] = self.token
        self._send(frames.pack(message))

    def send_text(self, text: str) -> None:
        """The same of a message that is JSON text already, its token included."""
        self._send(frames.pack_text(text))

    def _send(self, frame: bytes) -> None:
        me = _thread.get_ident()
        if os.getpid() != self._process or self._speaker == me:
            return
        with self._lock:
            self._speaker = me
            try:
                self.check(CONTROL)
                self._socket.sendall(frame)
            finally:
                self._speaker = 0

    def wait_until_taken(self) -> None:
        """Wait until the kernel has read what was sent, for a moment at the most.

        Control and stdout are two channels: what is printed after a display must not overtake it.
        """
        deadline = monotonic() + _LONGEST_WAIT
        with contextlib.suppress(OSError):
            while fcntl.ioctl(CONTROL, _UNREAD, _ZERO) != _ZERO and monotonic() < deadline:
                sleep(_SHORT_WAIT)

    def finish(self, message: dict[str, Any], code: int, *, stays: bool = False) -> None:
        """Send the last message and end this process, streams flushed; does not return.

        Args:
            message: The message.
            code: The exit code.
            stays: Whether the kernel has still to copy from this process's memory, and ends it
                when it has.
        """
        try:
            _flush()
            self._clean_up()
            # For good: no thread of the program may speak after the last message.
            self._lock.acquire()
            self._speaker = _thread.get_ident()
            if os.getpid() == self._process:
                message["token"] = self.token
                self.check(CONTROL)
                frames.send(self._socket, message)
                while stays and self._socket.recv(1):
                    continue
        finally:
            os._exit(code)

    def _clean_up(self) -> None:
        if os.getpid() == self._process:
            shared_memory.remove_but(self.shared_before)

    def leave(self, code: int) -> None:
        """End this process at once, streams flushed; does not return."""
        try:
            _flush()
            self._clean_up()
        finally:
            os._exit(code)


def _identity(fd: int) -> tuple[int, int] | None:
    try:
        found = os.fstat(fd)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
        try:
            stream.flush()  # type: ignore[union-attr]
        except BaseException:  # noqa: BLE001, S112 - whatever the program put there
            continue
