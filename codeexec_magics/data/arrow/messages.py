"""The frames of an Arrow stream, looked at before Arrow itself reads it.

Used in the kernel and in a Python child; needs nothing but the standard library. Arrow checks what
it reads, but it unpacks what is compressed, and a few bytes may claim terabytes; and it makes
extension types while it reads a schema, which may run the code of whoever registered them. Both
are refused here, by the few fields of the format's flatbuffers that tell of them.
"""

from __future__ import annotations

import struct
from typing import Any

_CONTINUATION = 0xFFFFFFFF
_SCHEMA, _DICTIONARY, _RECORDS = 1, 2, 3
_MOST_MESSAGES = 1_000_000
_EXTENSION = b"ARROW:extension:name"


def check(raw: memoryview) -> None:
    """Go through the messages of a stream.

    Raises:
        ValueError, struct.error: It is malformed, compressed, or names an extension type.
    """
    position = 0
    for count in range(_MOST_MESSAGES):
        marker, size = struct.unpack_from("<Ii", raw, position)
        if marker != _CONTINUATION or size < 0:
            raise ValueError("it is no stream of Arrow")
        position += 8
        if size == 0:
            break
        if size > len(raw) - position:
            raise ValueError("a message of the stream is longer than the stream")
        body = _body(raw[position : position + size], first=count == 0)
        position += size
        if not 0 <= body <= len(raw) - position:
            raise ValueError("a body of the stream is longer than the stream")
        position += body
    else:
        raise ValueError("the stream has too many messages")
    if position != len(raw):
        raise ValueError("something follows the end of the stream")


def check_schema(raw: memoryview) -> None:
    """Check a message that is a schema alone.

    Raises:
        ValueError, struct.error: It is malformed, or names an extension type.
    """
    marker, size = struct.unpack_from("<Ii", raw, 0)
    if marker != _CONTINUATION or size != len(raw) - 8 or _body(raw[8:], first=True):
        raise ValueError("it is no schema of Arrow")


def _body(message: memoryview, *, first: bool) -> int:
    """Check one message; returns the length of its body."""
    root = _Table(message, struct.unpack_from("<I", message, 0)[0])
    kind = root.scalar(1, "B")
    if (kind == _SCHEMA) is not first:
        raise ValueError("a stream has one schema, at its beginning")
    if kind == _SCHEMA:
        if _EXTENSION in bytes(message):
            raise ValueError("it has an extension type of Arrow, which is not accepted")
    elif kind in (_DICTIONARY, _RECORDS):
        header = root.table(2)
        if kind == _DICTIONARY:
            header = header.table(1)
        if header.place(3) is not None:
            raise ValueError("it is compressed, which is not accepted")
    else:
        raise ValueError("it has a message that is neither schema nor data")
    return int(root.scalar(3, "q"))


class _Table:
    """A table of a flatbuffer; every position is checked by ``struct``, as are those it leads to.

    Args:
        raw: The message.
        position: Where the table begins.
    """

    def __init__(self, raw: memoryview, position: int) -> None:
        self._raw = raw
        self._position = position
        self._fields = position - struct.unpack_from("<i", raw, position)[0]
        if self._fields < 0:
            raise ValueError("a table of the stream begins before it")
        self._size = struct.unpack_from("<H", raw, self._fields)[0]

    def place(self, field: int) -> int | None:
        """Where a field is; None if it is absent."""
        entry = 4 + 2 * field
        if entry + 2 > self._size:
            return None
        offset = struct.unpack_from("<H", self._raw, self._fields + entry)[0]
        return self._position + offset if offset else None

    def scalar(self, field: int, layout: str) -> Any:
        """A field's value; 0 if it is absent."""
        place = self.place(field)
        return 0 if place is None else struct.unpack_from("<" + layout, self._raw, place)[0]

    def table(self, field: int) -> _Table:
        """The table that a field refers to."""
        place = self.place(field)
        if place is None:
            raise ValueError("a message of the stream lacks a part")
        return _Table(self._raw, place + struct.unpack_from("<I", self._raw, place)[0])
