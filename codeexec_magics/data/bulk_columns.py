"""Columns in bulk for a frame to be: as arrays of numpy or Arrow, without an object for each item.

Used in the kernel, for what another language returns. What is missing needs Arrow; where that is
not installed, the column is read as a list instead (`as_rows`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .arrow import stream

if TYPE_CHECKING:
    from .reader import Reader

_DTYPES = ("<f8", "<i4", "<i8")
_LONGEST_TEXT = 1 << 31
"""Bytes that an array of Arrow's type ``string`` addresses."""


def numbers(decoder: Reader, node: dict[str, Any]) -> Any:
    """The numbers of a node.

    Raises:
        Exception: It is malformed.
    """
    import numpy

    dtype = node["dtype"]
    if dtype not in _DTYPES:
        raise ValueError(f"numbers have no dtype {dtype!r}")
    raw = decoder.buffer(node["b"])
    if len(raw) % int(dtype[2]):
        raise ValueError("the numbers are cut off")
    values = numpy.frombuffer(raw, dtype)
    return _masked(values.astype("i8") if dtype == "<i4" else values, decoder, node)


def booleans(decoder: Reader, node: dict[str, Any]) -> Any:
    """The booleans of a node.

    Raises:
        Exception: It is malformed.
    """
    import numpy

    return _masked(numpy.frombuffer(flags(decoder, node), "?"), decoder, node)


def texts(decoder: Reader, node: dict[str, Any]) -> Any:
    """The strings of a node as an array of Arrow; None if there is no Arrow, or too much text.

    Raises:
        Exception: It is malformed.
    """
    import numpy

    pyarrow = stream.library()
    raw = numpy.frombuffer(decoder.buffer(node["b"]), "u1")
    if len(raw) >= _LONGEST_TEXT or pyarrow is None:
        return None
    ends = numpy.flatnonzero(raw == 0)
    count = len(ends)
    if count != node["n"] or (len(raw) and raw[-1]):
        raise ValueError(f"{count} strings are not {node['n']!r}")
    places: Any = numpy.zeros(count + 1, "i4")
    places[1:] = ends - numpy.arange(count)  # without the zeros before
    missing = _missing(count, decoder, node)
    bits = None if missing is None else numpy.packbits(~missing, bitorder="little")
    valid = None if bits is None else pyarrow.py_buffer(bits)
    parts = [valid, pyarrow.py_buffer(places), pyarrow.py_buffer(raw[raw != 0])]
    made = pyarrow.Array.from_buffers(pyarrow.string(), count, parts)
    made.validate(full=True)
    return made


def instants(decoder: Reader, node: dict[str, Any]) -> Any:
    """The instants or days of a node as an array of Arrow; None if there is no Arrow.

    Raises:
        Exception: It is malformed.
    """
    import numpy

    pyarrow, kind = stream.library(), node.get("as")
    if pyarrow is None:
        return None
    raw = decoder.buffer(node["b"])
    if len(raw) % 8:
        raise ValueError("the times are cut off")
    times = numpy.frombuffer(raw, "<f8")
    if not numpy.isfinite(times).all():
        raise ValueError("a time is no number")
    missing = _missing(len(times), decoder, node)
    made = pyarrow.array(numpy.rint(times * 1000).astype("i8"), mask=missing)
    made = made.cast(pyarrow.timestamp("us"))
    if kind == "naive":
        return made
    if kind == "date":
        return made.cast(pyarrow.date32())
    return made.cast(pyarrow.timestamp("us", tz=_zone(kind)))


def _zone(kind: Any) -> str:
    if type(kind) is dict and type(kind.get("zone")) is str:
        return str(kind["zone"])
    if type(kind) is dict and type(kind.get("offset")) is int:
        minutes = abs(kind["offset"]) // 60
        return f"{'-' if kind['offset'] < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}"
    if kind is not None:
        raise ValueError("instants are of no such kind")
    return "UTC"


def flags(decoder: Reader, node: dict[str, Any]) -> bytes:
    """The bytes of booleans.

    Raises:
        Exception: They are others.
    """
    found = bytes(decoder.buffer(node["b"]))
    if found.strip(b"\0\1"):
        raise ValueError("booleans are bytes of 0 or 1")
    return found


def _missing(count: int, decoder: Reader, node: dict[str, Any]) -> Any:
    """Where values are missing, as an array of booleans; None if none is."""
    import numpy

    if "none" not in node:
        return None
    raw = decoder.buffer(node["none"])
    if len(raw) % 4:
        raise ValueError("the places are cut off")
    missing: Any = numpy.zeros(count, "?")
    missing[numpy.frombuffer(raw, "<u4")] = True
    return missing


def _masked(values: Any, decoder: Reader, node: dict[str, Any]) -> Any:
    """Values of numpy, as an array of Arrow if some are missing; None if there is no Arrow."""
    missing = _missing(len(values), decoder, node)
    if missing is None:
        return values
    pyarrow = stream.library()
    return None if pyarrow is None else pyarrow.array(values, mask=missing)


READERS = {"numbers": numbers, "booleans": booleans, "texts": texts, "instants": instants}
"""Tag → function that reads the column of a node; None where a list has to do."""
