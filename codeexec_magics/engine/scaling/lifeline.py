"""A thread between a map and the processes that serve it: while it holds, they are wanted.

The map has a `Lifeline`, each process that serves it a `Link`; both on one machine, and of one
user. It is a socket without a file and without a port. What is said on it: ``e``, there are no more
chunks; ``s``, stop. What comes back is one `Farewell`, and the end.

Source: unix(7) on abstract addresses and SO_PEERCRED.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import secrets
import select
import socket
import struct
import time
from collections.abc import Callable

from codeexec_magics.engine.scaling.order import Farewell

_CREDENTIALS = struct.Struct("3i")
_BACKLOG = 1024


def machine() -> str:
    """What tells this machine's network, as its processes see it, from others."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            boot = file.read().strip()
        return f"{boot}-{os.stat('/proc/self/ns/net').st_ino}"
    except OSError:
        return ""


class Lifeline:
    """The map's end.

    Attributes:
        address: What a `Link` takes; None where there is no such thing.
    """

    def __init__(self) -> None:
        self._listener: socket.socket | None = None
        self._links: dict[socket.socket, bytes] = {}
        self._ended: list[bytes] = []
        self._word = b""
        self.address: tuple[str, str] | None = None
        here = machine()
        if not here:
            return
        name = f"codeexec-{secrets.token_hex(16)}"
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.setblocking(False)
        listener.bind("\0" + name)
        listener.listen(_BACKLOG)
        self._listener, self.address = listener, (name, here)

    def end(self, word: bytes, seconds: float) -> tuple[list[Farewell], int]:
        """Tell all who hear it that the map has ended, and wait until they have.

        Args:
            word: ``e`` or ``s``.
            seconds: How long to wait.

        Returns:
            What they have said, and how many have said nothing.
        """
        deadline = time.monotonic() + seconds
        self._word = word
        self._accept()
        for link in self._links:
            _say(link, word)
        while self._links and (left := deadline - time.monotonic()) > 0:
            self._turn(left)
        self._close()
        said = [pickle.loads(data) for data in self._ended if data]  # noqa: S301 - own user's
        return said, self._ended.count(b"")

    def _turn(self, seconds: float) -> None:
        poll = select.poll()
        sockets = {link.fileno(): link for link in self._links}
        for fd in sockets:
            poll.register(fd, select.POLLIN)
        if self._listener is not None:
            poll.register(self._listener.fileno(), select.POLLIN)
        for fd, _ in poll.poll(seconds * 1000):
            if fd in sockets:
                self._read(sockets[fd])
            else:
                self._accept()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while self._listener is not None:
                link, _ = self._listener.accept()
                if _peer(link)[1] != os.getuid():
                    link.close()
                    continue
                link.setblocking(False)
                self._links[link] = b""
                if self._word:
                    _say(link, self._word)

    def _read(self, link: socket.socket) -> None:
        try:
            data = link.recv(1 << 16)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self._links[link] += data
        else:
            self._ended.append(self._links.pop(link))
            link.close()

    def _close(self) -> None:
        """Let everything go, in forked children, too: a socket that is shut down is so for all."""
        for link in [*self._links, self._listener]:
            if link is not None:
                with contextlib.suppress(OSError):
                    link.shutdown(socket.SHUT_RDWR)
                link.close()
        self._ended += [b""] * len(self._links)
        self._links.clear()
        self._listener = None


class Link:
    """The end of a process that serves a map.

    Args:
        address: The `Lifeline`'s.

    Attributes:
        is_held: Whether the map hears, and is heard.
        is_over: Whether the map is of this machine, and has ended.
    """

    def __init__(self, address: tuple[str, str] | None) -> None:
        self._socket: socket.socket | None = None
        self._pidfd = -1
        self.is_over = False
        if address is None or address[1] != machine():
            return
        own = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            own.connect("\0" + address[0])
        except OSError:
            own.close()
            self.is_over = True
            return
        pid, uid = _peer(own)
        if uid != os.getuid():
            own.close()
            return
        self._socket = own
        # Children that the map's process has forked hold its end of the socket, too.
        with contextlib.suppress(OSError):
            self._pidfd = os.pidfd_open(pid)

    @property
    def is_held(self) -> bool:
        """Whether the map hears, and is heard."""
        return self._socket is not None

    def watched(
        self, end: Callable[[], None], stop: Callable[[], None]
    ) -> dict[int, Callable[[], bool]]:
        """What a loop listens to, and what it calls then: that says whether to listen on.

        Args:
            end: Called when there are no more chunks.
            stop: Called when the map is to stop, or is gone.
        """
        if self._socket is None:
            return {}
        own = self._socket

        def on_word() -> bool:
            word = b""
            with contextlib.suppress(OSError):
                word = own.recv(1)
            if word == b"e":
                end()
            else:
                stop()
            return word == b"e"

        def on_death() -> bool:
            stop()
            return False

        found: dict[int, Callable[[], bool]] = {own.fileno(): on_word}
        if self._pidfd >= 0:
            found[self._pidfd] = on_death
        return found

    def close(self, farewell: Farewell | None) -> None:
        """Say the last word."""
        own, self._socket = self._socket, None
        if self._pidfd >= 0:
            os.close(self._pidfd)
            self._pidfd = -1
        if own is not None:
            with contextlib.suppress(OSError):
                own.setblocking(True)
                own.settimeout(1)
                own.sendall(pickle.dumps(farewell))
            own.close()


def _peer(link: socket.socket) -> tuple[int, int]:
    """The process and the user at the other end."""
    raw = link.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    pid, uid, _ = _CREDENTIALS.unpack(raw)
    return pid, uid


def _say(link: socket.socket, word: bytes) -> None:
    with contextlib.suppress(OSError):
        link.send(word)
