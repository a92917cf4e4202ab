"""Lists that travelled by columns: numbers, booleans, text, instants, dicts with the same keys.

Used in the kernel, for what another language returns: a list of a million rows is a list of dicts
all the same, or at once a frame, if the user asks for one.
"""

from __future__ import annotations

import sys
from array import array
from typing import TYPE_CHECKING, Any

from ..protocol.tree import LEAVES
from .arrow import stream
from .converters.tabular import Columns

if TYPE_CHECKING:
    from .reader import Reader

_CODES = {"<f8": "d", "<i4": "i", "<i8": "q"}
_LONGEST_TEXT = 1 << 31
"""Bytes that an array of Arrow's type ``string`` addresses."""


def numbers(decoder: Reader, node: dict[str, Any]) -> list[Any]:
    """The numbers of a node: floats, but for those that it says are whole.

    Raises:
        Exception: It is malformed.
    """
    values: list[Any] = _array(_CODES[node["dtype"]], decoder.buffer(node["b"])).tolist()
    if "whole" in node:
        if node["dtype"] != "<f8":
            raise ValueError("whole numbers are told among floats only")
        for place in _array("I", decoder.buffer(node["whole"])):
            values[place] = int(values[place])
    return values


def booleans(decoder: Reader, node: dict[str, Any]) -> list[bool]:
    """The booleans of a node.

    Raises:
        Exception: It is malformed.
    """
    return [byte == 1 for byte in _flags(decoder, node)]


def texts(decoder: Reader, node: dict[str, Any]) -> list[str]:
    """The strings of a node, each of which a zero ends.

    Raises:
        Exception: It is malformed.
    """
    values = str(decoder.buffer(node["b"]), "utf-8").split("\0")
    if values.pop() or len(values) != node["n"]:
        raise ValueError(f"{len(values)} strings are not {node['n']!r}")
    return values


def instants(decoder: Reader, node: dict[str, Any]) -> list[Any]:
    """The datetimes, in UTC, of a node.

    Raises:
        Exception: It is malformed, or one is beyond what a datetime holds.
    """
    import datetime

    start = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    times = _array("d", decoder.buffer(node["b"])).tolist()
    return [start + datetime.timedelta(milliseconds=int(time)) for time in times]


def rows(decoder: Reader, node: dict[str, Any]) -> list[dict[str, Any]]:
    """The dicts of a node.

    Raises:
        Exception: It is malformed.
    """
    made = _read(decoder, node, decoder.value)
    names = made.names
    return [dict(zip(names, row)) for row in zip(*made.columns)]


def columns(decoder: Reader, node: dict[str, Any]) -> Columns:
    """The same, left as columns.

    Raises:
        Exception: It is malformed.
    """
    return _read(decoder, node, lambda inner: _column(decoder, inner))


def _read(decoder: Reader, node: dict[str, Any], read: Any) -> Columns:
    names, nodes, count = node["names"], node["columns"], node["rows"]
    if type(names) is not list or not all(type(name) is str for name in names):
        raise TypeError("the names of columns are text")
    if type(nodes) is not list or len(nodes) != len(names) or len(set(names)) != len(names):
        raise ValueError("the names of columns are distinct, and as many as there are")
    made, parts = [], decoder.path.parts
    for name, inner in zip(names, nodes):
        parts.append(("[…].{}", name))
        column = read(inner)
        is_array = hasattr(column, "dtype") or hasattr(column, "buffers")
        if len(column) != count or not (type(column) is list or is_array):
            raise ValueError(f"a column of {count!r} rows is a list of as many items")
        made.append(column)
        parts.pop()
    if not made:
        raise ValueError("rows have columns")
    return Columns(names, made, count, [None] * len(names), by_rows=True)


def _column(decoder: Reader, node: Any) -> Any:
    """A column of a frame to be."""
    if type(node) is list and LEAVES.issuperset(map(type, node)):
        return node
    tag = node.get("$") if type(node) is dict else None
    if tag == "numbers":
        return _numeric(decoder, node)
    if tag == "booleans":
        import numpy

        return numpy.frombuffer(_flags(decoder, node), "?")
    if tag == "texts" and len(decoder.buffer(node["b"])) < _LONGEST_TEXT and stream.library():
        return _textual(decoder, node)
    return decoder.value(node)


def _numeric(decoder: Reader, node: dict[str, Any]) -> Any:
    import numpy

    dtype = node["dtype"]
    if dtype not in _CODES:
        raise ValueError(f"numbers have no dtype {dtype!r}")
    raw = decoder.buffer(node["b"])
    if len(raw) % int(dtype[2]):
        raise ValueError("the numbers are cut off")
    values = numpy.frombuffer(raw, dtype)
    return values.astype("i8") if dtype == "<i4" else values


def _textual(decoder: Reader, node: dict[str, Any]) -> Any:
    """Text as an array of Arrow, without a Python string for each item."""
    import numpy

    pyarrow = stream.library()
    raw = numpy.frombuffer(decoder.buffer(node["b"]), "u1")
    ends = numpy.flatnonzero(raw == 0)
    count = len(ends)
    if count != node["n"] or (len(raw) and raw[-1]):
        raise ValueError(f"{count} strings are not {node['n']!r}")
    places: Any = numpy.zeros(count + 1, "i4")
    places[1:] = ends - numpy.arange(count)  # without the zeros before
    parts = [None, pyarrow.py_buffer(places), pyarrow.py_buffer(raw[raw != 0])]
    made = pyarrow.Array.from_buffers(pyarrow.string(), count, parts)
    made.validate(full=True)
    return made


def _flags(decoder: Reader, node: dict[str, Any]) -> bytes:
    flags = bytes(decoder.buffer(node["b"]))
    if flags.strip(b"\0\1"):
        raise ValueError("booleans are bytes of 0 or 1")
    return flags


def _array(code: str, raw: memoryview) -> array[Any]:
    values = array(code)
    values.frombytes(raw)
    if sys.byteorder == "big":
        values.byteswap()
    return values
