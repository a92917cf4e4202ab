"""R's own form of a value, as ``unserialize`` reads it: exact, and as fast as memory.

Runs in the bridge's process. Version 2 of the format, in the machine's byte order; see "R
Internals", section "Serialization Formats". A writer appends to a list of bytes.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Callable, Sequence
from typing import Any, Union

LOGICAL, INTEGER, REAL, COMPLEX, TEXT, LIST, RAW = 10, 13, 14, 15, 16, 19, 24
"""The types of vectors."""

NA_INTEGER = -(2**31)
"""What is missing among integers and booleans."""

NA_REAL = 0x7FF0_0000_0000_07A2
"""The bits of what is missing among floats: a NaN that R tells from others."""

Parts = list[Union[bytes, bytearray, memoryview]]
Write = Callable[[Parts], None]
Attributes = Sequence[tuple[str, Write]]

_SYMBOL, _PAIRLIST, _CHARACTERS, _NULL = 1, 2, 9, struct.pack("=i", 254)
_OBJECT, _ATTRIBUTES, _TAG, _UTF8 = 1 << 8, 1 << 9, 1 << 10, 1 << 15
_LONG = 2**31 - 1
_NA_TEXT = struct.pack("=ii", _CHARACTERS, -1)
_SHORT = [struct.pack("=ii", _CHARACTERS | _UTF8, size) for size in range(256)]
_READS = 0x020300
"""The oldest R that reads the version."""


def header() -> bytes:
    """What a serialized value begins with."""
    return b"B\n" + struct.pack("=iii", 2, _READS, _READS)


def null(parts: Parts) -> None:
    """Append NULL."""
    parts.append(_NULL)


def vector(
    parts: Parts,
    kind: int,
    count: int,
    data: Any,
    attributes: Attributes = (),
) -> None:
    """Append a vector.

    Args:
        parts: Takes it.
        kind: Its type.
        count: The number of its items.
        data: The items' bytes; of `TEXT` a list of texts in UTF-8 (None is missing), of `LIST` a
            list of functions that append one item each.
        attributes: Names, and functions that append their values.
    """
    is_object = any(name == "class" for name, _ in attributes)
    flags = kind | (_OBJECT if is_object else 0) | (_ATTRIBUTES if attributes else 0)
    parts.append(struct.pack("=i", flags))
    parts.append(_length(count))
    if kind == TEXT:
        parts.append(b"".join(map(_characters, data)))
    elif kind == LIST:
        for write in data:
            write(parts)
    else:
        parts.append(data)
    if attributes:
        _pairs(parts, attributes)


def texts(values: Sequence[str | None]) -> Write:
    """A function that appends a vector of text."""
    coded = [None if value is None else value.encode("utf-8") for value in values]
    return lambda parts: vector(parts, TEXT, len(coded), coded)


def integers(values: Sequence[int]) -> Write:
    """A function that appends a vector of integers."""
    return lambda parts: vector(parts, INTEGER, len(values), array("i", values).tobytes())


def reals(values: Sequence[float]) -> Write:
    """A function that appends a vector of floats."""
    return lambda parts: vector(parts, REAL, len(values), array("d", values).tobytes())


def with_missing(code: str, data: Any, missing: Sequence[int]) -> Any:
    """The bytes of a vector in which some places are missing.

    Args:
        code: ``d`` of floats, ``i`` of integers and booleans.
        data: The bytes.
        missing: The places.
    """
    if not len(missing):
        return data
    made = bytearray(data)
    items = memoryview(made).cast("Q" if code == "d" else "i")
    mark = NA_REAL if code == "d" else NA_INTEGER
    for place in missing:
        items[place] = mark
    items.release()
    return made


def _characters(text: bytes | None) -> bytes:
    if text is None:
        return _NA_TEXT
    size = len(text)
    if size < len(_SHORT):
        return _SHORT[size] + text
    return struct.pack("=ii", _CHARACTERS | _UTF8, size) + text


def _length(count: int) -> bytes:
    if count <= _LONG:
        return struct.pack("=i", count)
    return struct.pack("=iII", -1, count >> 32, count & 0xFFFF_FFFF)


def _pairs(parts: Parts, attributes: Attributes) -> None:
    for name, write in attributes:
        parts.append(struct.pack("=ii", _PAIRLIST | _TAG, _SYMBOL))
        parts.append(_characters(name.encode()))
        write(parts)
    parts.append(_NULL)
