"""Length-prefixed JSON frames over a stream socket.

Used on every channel and in every process, the user's included: nothing is imported but the
standard library, and the code runs on Python 3.9 (a child may be that old).
"""

from __future__ import annotations

import json
import socket
import struct
from typing import Any

from .numbers import LARGEST_FRAME

_HEADER = struct.Struct(">I")
_MOST_DESCRIPTORS = 8
# Received descriptors must not leak into what another thread of this process starts meanwhile.
_CLOSE_ON_EXEC = getattr(socket, "MSG_CMSG_CLOEXEC", 0)


# A program may replace what the module `json` offers; these two are made before it starts.
_encode = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"), allow_nan=False).encode
_decode = json.JSONDecoder().decode


class FrameError(Exception):
    """What arrived is no frame of the protocol."""


def socket_of(fd: int) -> socket.socket:
    """The stream socket of a descriptor; Python alone would ask the kernel what it is."""
    return socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, fd)


def pack(message: dict[str, Any]) -> bytes:
    """Encode one message.

    Raises:
        FrameError: It is larger than `LARGEST_FRAME`.
    """
    return pack_text(_encode(message))


def pack_text(text: str) -> bytes:
    """Encode one message that is JSON text already, all of it ASCII.

    Raises:
        FrameError: It is larger than `LARGEST_FRAME`.
    """
    body = text.encode("ascii")
    if len(body) > LARGEST_FRAME:
        raise FrameError(f"a frame of {len(body)} bytes is above the limit of {LARGEST_FRAME}")
    return _HEADER.pack(len(body)) + body


class FrameReader:
    """Turns received bytes into messages, whatever the borders between reads."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    @property
    def pending(self) -> int:
        """Bytes of a frame that is not complete yet."""
        return len(self._buffer)

    def feed(self, received: bytes) -> list[dict[str, Any]]:
        """Take received bytes and return the messages that they complete, in order.

        Raises:
            FrameError: The bytes are no frames of the protocol.
        """
        self._buffer += received
        messages = []
        while len(self._buffer) >= _HEADER.size:
            (length,) = _HEADER.unpack_from(self._buffer)
            if not 0 < length <= LARGEST_FRAME:
                raise FrameError(f"a frame cannot have a length of {length} bytes")
            end = _HEADER.size + length
            if len(self._buffer) < end:
                break
            body = bytes(self._buffer[_HEADER.size : end])
            del self._buffer[:end]
            messages.append(_message(body))
        return messages


def _message(body: bytes) -> dict[str, Any]:
    try:
        message = _decode(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise FrameError(f"a frame is not JSON: {error}") from None
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise FrameError("a frame is not an object with a type")
    return message


def receive_exactly(channel: socket.socket, size: int) -> bytes:
    """Read ``size`` bytes from a blocking socket; fewer only at its end."""
    received = bytearray()
    while len(received) < size:
        part = channel.recv(size - len(received))
        if not part:
            break
        received += part
    return bytes(received)


def receive(channel: socket.socket) -> dict[str, Any] | None:
    """Read one message from a blocking socket; None at its end.

    Raises:
        FrameError: The bytes are no frame of the protocol, or end within one.
    """
    header = receive_exactly(channel, _HEADER.size)
    if not header:
        return None
    if len(header) < _HEADER.size:
        raise FrameError("the channel ended within a frame")
    (length,) = _HEADER.unpack(header)
    if not 0 < length <= LARGEST_FRAME:
        raise FrameError(f"a frame cannot have a length of {length} bytes")
    body = receive_exactly(channel, length)
    if len(body) < length:
        raise FrameError("the channel ended within a frame")
    return _message(body)


def send(
    channel: socket.socket, message: dict[str, Any], descriptors: tuple[int, ...] = ()
) -> None:
    """Write one message to a blocking socket; descriptors travel with its first byte."""
    packed = memoryview(pack(message))
    sent = socket.send_fds(channel, [packed], list(descriptors)) if descriptors else 0
    channel.sendall(packed[sent:])


def receive_some(channel: socket.socket) -> tuple[bytes, list[int]]:
    """Read what is there, and the descriptors that came with it; empty bytes at the end."""
    received, descriptors, _, _ = socket.recv_fds(channel, 65536, _MOST_DESCRIPTORS, _CLOSE_ON_EXEC)
    return received, descriptors
