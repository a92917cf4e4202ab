"""Lists that travelled by columns: of numbers, text, instants, and dicts with the same keys.

Used in the kernel, for what another language returns: a list of a million rows is a list of dicts
all the same, or at once a frame, if the user asks for one.
"""

from __future__ import annotations

import sys
from array import array
from typing import TYPE_CHECKING, Any, NamedTuple

from ..tree import LEAVES

if TYPE_CHECKING:
    from .decode import Decoder

_CODES = {"<f8": "d", "<i4": "i", "<i8": "q"}


class Columns(NamedTuple):
    """A list of dicts with the same keys, by columns: a numpy array of numbers, or a list."""

    names: list[str]
    columns: list[Any]


def numbers(decoder: Decoder, node: dict[str, Any]) -> list[Any]:
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


def texts(decoder: Decoder, node: dict[str, Any]) -> list[str]:
    """The strings of a node, each of which a zero ends.

    Raises:
        Exception: It is malformed.
    """
    values = str(decoder.buffer(node["b"]), "utf-8").split("\0")
    if values.pop() or len(values) != node["n"]:
        raise ValueError(f"{len(values)} strings are not {node['n']!r}")
    return values


def instants(decoder: Decoder, node: dict[str, Any]) -> list[Any]:
    """The datetimes, in UTC, of a node.

    Raises:
        Exception: It is malformed, or one is beyond what a datetime holds.
    """
    import datetime

    start = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
    times = _array("d", decoder.buffer(node["b"])).tolist()
    return [start + datetime.timedelta(milliseconds=int(time)) for time in times]


def rows(decoder: Decoder, node: dict[str, Any]) -> list[dict[str, Any]]:
    """The dicts of a node.

    Raises:
        Exception: It is malformed.
    """
    made = _read(decoder, node, decoder.value)
    names = made.names
    return [dict(zip(names, row)) for row in zip(*made.columns)]  # noqa: B905 (equally long)


def columns(decoder: Decoder, node: dict[str, Any]) -> Columns:
    """The same, left as columns.

    Raises:
        Exception: It is malformed.
    """
    return _read(decoder, node, lambda inner: _column(decoder, inner))


def _read(decoder: Decoder, node: dict[str, Any], read: Any) -> Columns:
    names, nodes, count = node["names"], node["columns"], node["rows"]
    if type(names) is not list or not all(type(name) is str for name in names):
        raise TypeError("the names of columns are text")
    if type(nodes) is not list or len(nodes) != len(names) or len(set(names)) != len(names):
        raise ValueError("the names of columns are distinct, and as many as there are")
    made, parts = [], decoder.path.parts
    for name, inner in zip(names, nodes):  # noqa: B905 (equally long)
        parts.append(("[…].{}", name))
        column = read(inner)
        if len(column) != count or not (type(column) is list or hasattr(column, "dtype")):
            raise ValueError(f"a column of {count!r} rows is a list of as many items")
        made.append(column)
        parts.pop()
    if not made:
        raise ValueError("rows have columns")
    return Columns(names, made)


def _column(decoder: Decoder, node: Any) -> Any:
    """A column of a frame to be: numbers as an array of numpy, anything else as a list."""
    if type(node) is list and LEAVES.issuperset(map(type, node)):
        return node
    if type(node) is not dict or node.get("$") != "numbers":
        return decoder.value(node)
    import numpy

    dtype = node["dtype"]
    if dtype not in _CODES:
        raise ValueError(f"numbers have no dtype {dtype!r}")
    raw = decoder.buffer(node["b"])
    if len(raw) % int(dtype[2]):
        raise ValueError("the numbers are cut off")
    values = numpy.frombuffer(raw, dtype)
    return values.astype("i8") if dtype == "<i4" else values


def _array(code: str, raw: memoryview) -> array[Any]:
    values = array(code)
    values.frombytes(raw)
    if sys.byteorder == "big":
        values.byteswap()
    return values
