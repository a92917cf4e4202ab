"""Lists that travelled in bulk: numbers, booleans, text, instants, dicts with the same keys.

Used in the kernel, for what another language returns: a list of a million rows is a list of dicts
all the same, or at once a frame, if the user asks for one.
"""

from __future__ import annotations

import sys
from array import array
from typing import TYPE_CHECKING, Any

from ..protocol.times import zone_of
from ..protocol.tree import LEAVES
from . import bulk_columns
from .converters.tabular import Columns

if TYPE_CHECKING:
    from .reader import Reader

_CODES = {"<f8": "d", "<i4": "i", "<i8": "q"}


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
    return _without(values, decoder, node)


def booleans(decoder: Reader, node: dict[str, Any]) -> list[Any]:
    """The booleans of a node.

    Raises:
        Exception: It is malformed.
    """
    flags = bulk_columns.flags(decoder, node)
    return _without([byte == 1 for byte in flags], decoder, node)


def texts(decoder: Reader, node: dict[str, Any]) -> list[Any]:
    """The strings of a node, each of which a zero ends.

    Raises:
        Exception: It is malformed.
    """
    values: list[Any] = str(decoder.buffer(node["b"]), "utf-8").split("\0")
    if values.pop() or len(values) != node["n"]:
        raise ValueError(f"{len(values)} strings are not {node['n']!r}")
    return _without(values, decoder, node)


def instants(decoder: Reader, node: dict[str, Any]) -> list[Any]:
    """The datetimes of a node, or its days.

    Raises:
        Exception: It is malformed, or one is beyond what a datetime holds.
    """
    import datetime

    start = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    values: list[Any] = _array("d", decoder.buffer(node["b"])).tolist()
    kind = node.get("as")
    if kind in ("naive", "date"):
        start = start.replace(tzinfo=None)
    values = [start + datetime.timedelta(microseconds=round(time * 1000)) for time in values]
    if kind == "date":
        values = [value.date() for value in values]
    elif kind not in (None, "naive"):
        zone = zone_of(kind)
        values = [value.astimezone(zone) for value in values]
    return _without(values, decoder, node)


def _without(values: list[Any], decoder: Reader, node: dict[str, Any]) -> list[Any]:
    """The same with None where a value is missing."""
    if "none" in node:
        for place in _array("I", decoder.buffer(node["none"])):
            values[place] = None
    return values


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
    read = bulk_columns.READERS.get(str(node.get("$"))) if type(node) is dict else None
    made = None if read is None else read(decoder, node)
    return decoder.value(node) if made is None else made


def _array(code: str, raw: memoryview) -> array[Any]:
    values = array(code)
    values.frombytes(raw)
    if sys.byteorder == "big":
        values.byteswap()
    return values
