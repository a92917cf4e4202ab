"""The kernel's half of what is said over control: greet, run, listen, until the last message.

Lives in the kernel, in the thread that executes. Owns no descriptor (the socket is the lease's).
Everything that arrives is untrusted: a program may write to the runner's channel.
"""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from codeexec_magics.errors import EncodingFailed, ProtocolError
from codeexec_magics.protocol import clean, frames
from codeexec_magics.protocol.numbers import VERSION
from codeexec_magics.values import events
from codeexec_magics.values.traces import Trace

_READ_SIZE = 1 << 20
_LONGEST_TEXT = 200
_LARGEST_NUMBER = 1e300
_log = logging.getLogger("codeexec_magics.protocol")


@dataclass(frozen=True, slots=True)
class Listener:
    """Who is told of what the runner says; called at once, in the order of the messages.

    Attributes:
        begun: The program is about to start.
        display: A message ``display`` or ``clear``.
        progress: Done, total (or None), text.
        room: The runner has made room for inputs that are not in the arena: says where. They are
            there when this returns.
        done: Some items of a map are done: the message; None where there are no items.
    """

    begun: Callable[[], None]
    display: Callable[[Mapping[str, Any]], None]
    progress: Callable[[float, float | None, str], None]
    room: Callable[[Any], None]
    done: Callable[[dict[str, Any]], None] | None = None


_NOBODY = Listener(lambda: None, lambda _: None, lambda *_: None, lambda _: None)


class Conversation:
    """States: spawned → ready → running → finished, by ``ready``, ``run``, the last message.

    Args:
        control: The non-blocking socket to the runner.
        listener: Who is told.

    Attributes:
        began: When the program was started (monotonic seconds); None before.
        ended: When its last message came; None before.
        last: The message ``result`` or ``error``.
        stopped: Where the code was when an interrupt or the deadline reached it.
    """

    def __init__(self, control: socket.socket, listener: Listener) -> None:
        self._control = control
        self._request: dict[str, Any] | None = None
        self._awaits_room = False
        self._listener = listener
        self._reader = frames.FrameReader()
        self._outgoing = memoryview(b"")
        self.began: float | None = None
        self.ended: float | None = None
        self.last: dict[str, Any] | None = None
        self.stopped: Trace | None = None

    def close(self) -> None:
        """Tell nobody any more; what was said stays."""
        self._listener = _NOBODY

    @property
    def takes_items(self) -> bool:
        """Whether the runner has what its program needs, and may be given items."""
        return self.began is not None and not self._awaits_room and self.last is None

    @property
    def wants_to_write(self) -> bool:
        """Whether something waits until the runner reads."""
        return bool(self._outgoing)

    def prepare(self, request: dict[str, Any]) -> None:
        """Have something to say to a runner that is ready; before the first `read`.

        Args:
            request: The message ``run``, its token included.
        """
        self._request = request
        self._awaits_room = bool(request.get("room"))

    def say(self, message: dict[str, Any]) -> None:
        """Send a message, or as much of it as the runner takes now.

        Raises:
            FrameError: It is larger than a frame may be.
        """
        self._say(frames.pack(message))

    def say_text(self, text: str) -> None:
        """The same of a message that is JSON text already.

        Raises:
            FrameError: It is larger than a frame may be.
        """
        self._say(frames.pack_text(text))

    def _say(self, frame: bytes) -> None:
        self._outgoing = memoryview(bytes(self._outgoing) + frame if self._outgoing else frame)
        self.write()

    def write(self) -> None:
        """Send what the socket takes; a runner that does not read must not stop its owner."""
        try:
            while self._outgoing:
                self._outgoing = self._outgoing[self._control.send(self._outgoing) :]
        except BlockingIOError:
            return
        except OSError:
            self._outgoing = memoryview(b"")  # it has ended; the reaper tells how

    def read(self) -> bool:
        """Take what has arrived; whether the channel is still open.

        Raises:
            EncodingFailed: The runner is ready, and the program too long to be sent.
            ProtocolError: It is not of the protocol, or out of order.
        """
        try:
            received = self._control.recv(_READ_SIZE)
        except BlockingIOError:
            return True
        except OSError:
            received = b""
        self._feed(received)
        return bool(received)

    def drain(self) -> None:
        """Take all that is there, now that nobody is left to write more.

        Raises:
            ProtocolError: It is not of the protocol, or out of order.
        """
        if self._request is None:
            return  # it was never told what to do
        try:
            while received := self._control.recv(_READ_SIZE):
                self._feed(received)
        except OSError:
            return

    def _feed(self, received: bytes) -> None:
        try:
            messages = self._reader.feed(received)
        except frames.FrameError as error:
            raise ProtocolError(f"{error}: the program wrote to the runner's channel") from None
        for message in messages:
            events.emit(_log, logging.DEBUG, events.MESSAGE, kind=message["type"], direction="in")
            self._take(message)

    def _take(self, message: dict[str, Any]) -> None:
        kind = message["type"]
        if self.began is None:
            self._greet(message)
            return
        if self._request is None or message.get("token") != self._request["token"]:
            raise ProtocolError(
                "a message without the run's token: the program wrote to the runner's channel"
            )
        if self.last is not None:
            raise ProtocolError(f"a message {kind!r} after the last one")
        if kind == "done" and self._listener.done is not None:
            self._listener.done(message)
        elif kind in ("result", "error"):
            self.last, self.ended = _cleaned(message), time.monotonic()
        elif kind == "room" and self._awaits_room:
            self._awaits_room = False  # once: it starts the clock
            self._listener.room(message.get("rooms"))
            self.say({"type": "filled"})
        elif kind == "stopped":
            self.stopped = Trace.from_dict(_mapping(_cleaned(message), "trace"))
        else:
            self._take_shown(kind, message)

    def _take_shown(self, kind: str, message: dict[str, Any]) -> None:
        """What the program shows while it runs."""
        if kind == "display":
            _mapping(message, "bundle")
            self._listener.display(message)
        elif kind == "clear":
            self._listener.display(message)
        elif kind == "progress":
            self._take_progress(_cleaned(message))
        else:
            raise ProtocolError(f"no message is called {kind!r}")

    def _greet(self, ready: dict[str, Any]) -> None:
        if ready["type"] != "ready":
            raise ProtocolError(f"a runner's first message is ready, not {ready['type']!r}")
        if ready.get("protocol") != VERSION:
            raise ProtocolError(
                f"the runner speaks protocol {ready.get('protocol')}, this process {VERSION}"
            )
        self.began = time.monotonic()
        self._listener.begun()
        events.emit(_log, logging.DEBUG, events.MESSAGE, kind="run", direction="out")
        try:
            self.say(self._request or {})
        except frames.FrameError as error:
            raise EncodingFailed(f"the program is too long to be sent: {error}") from None

    def _take_progress(self, message: dict[str, Any]) -> None:
        done, total = _number(message.get("done")), _number(message.get("total"))
        if done is not None:
            self._listener.progress(done, total, str(message.get("text") or "")[:_LONGEST_TEXT])


def _cleaned(message: dict[str, Any]) -> dict[str, Any]:
    """A message whose texts can be shown and saved; a value has its own forms for odd texts."""
    if message["type"] == "result" or clean.as_it_is(message):
        return message
    cleaned: dict[str, Any] = clean.jsonable(message)
    return cleaned


def _mapping(message: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = message.get(name)
    if not isinstance(value, Mapping):
        raise ProtocolError(f"a message {message['type']!r} without an object {name!r}")
    return value


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if abs(value) <= _LARGEST_NUMBER else None  # not so: NaN, infinity, endless digits
