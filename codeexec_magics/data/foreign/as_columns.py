"""Columns of a frame in bulk, for a language that reads plain buffers and no Arrow.

Used in the kernel. The forms are those in which lists come back from another language
(PROTOCOL.md, "Bulk"), with ``categories`` and ``durations`` beside them.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..writer import Writer

_LARGEST_INTEGER, _LARGEST_EXACT = 2**31 - 1, 2**53
_PER_SECOND = {"s": 1, "ms": 1000, "us": 1_000_000, "ns": 1_000_000_000}
_DAY = 86_400_000


def node(encoder: Writer, values: Any) -> dict[str, Any] | None:
    """The node of a chunked array of Arrow; None if it goes item by item.

    Raises:
        EncodingFailed: An item has no exact counterpart.
    """
    import pyarrow

    kinds, kind = pyarrow.types, values.type
    if kinds.is_dictionary(kind):
        return _categories(encoder, values)
    if kinds.is_null(kind):
        return _booleans(encoder, values.cast(pyarrow.bool_()))
    if kinds.is_boolean(kind):
        return _booleans(encoder, values)
    if kinds.is_integer(kind):
        return _integers(encoder, values)
    if kinds.is_floating(kind):
        return _floats(encoder, values.cast(pyarrow.float64()))
    if kinds.is_string(kind) or kinds.is_large_string(kind):
        return _texts(encoder, values)
    if kinds.is_date32(kind):
        days = _counts(values.cast(pyarrow.int32()))
        return {"$": "instants", **_doubles(encoder, days * float(_DAY), values), "as": "date"}
    if kinds.is_timestamp(kind):
        found = _seconds(encoder, values, _PER_SECOND[kind.unit], 1000)
        return {"$": "instants", **_doubles(encoder, found, values)}
    if kinds.is_duration(kind):
        found = _seconds(encoder, values, _PER_SECOND[kind.unit], 1)
        numbers = {"$": "numbers", "dtype": "<f8", **_doubles(encoder, found, values)}
        return {"$": "durations", "v": numbers}
    return None


def _booleans(encoder: Writer, values: Any) -> dict[str, Any]:
    flags = values.cast("uint8").fill_null(0).to_numpy()
    return {"$": "booleans", "b": encoder.buffer(flags), **_missing(encoder, values)}


def _integers(encoder: Writer, values: Any) -> dict[str, Any]:
    import numpy

    counts = values.fill_null(0).to_numpy()
    low, high = (int(counts.min()), int(counts.max())) if len(counts) else (0, 0)
    if low >= -_LARGEST_INTEGER and high <= _LARGEST_INTEGER:
        made = numpy.ascontiguousarray(counts, dtype="<i4")
        found = {"$": "numbers", "dtype": "<i4", "b": encoder.buffer(made)}
        return {**found, **_missing(encoder, values)}
    if low < -_LARGEST_EXACT or high > _LARGEST_EXACT:
        at = int(numpy.argmax((counts < -_LARGEST_EXACT) | (counts > _LARGEST_EXACT)))
        encoder.path.parts.append(("[{}]", at))
        why = "is beyond 2**53, which no number of the other language holds exactly"
        encoder.refuse(int(counts[at]), why, "send the column as text or floats: .astype(str)")
    return {"$": "numbers", "dtype": "<f8", **_doubles(encoder, counts, values)}


def _floats(encoder: Writer, values: Any) -> dict[str, Any]:
    filled = values.fill_null(0.0).to_numpy() if values.null_count else values.to_numpy()
    return {"$": "numbers", "dtype": "<f8", **_doubles(encoder, filled, values)}


def _texts(encoder: Writer, values: Any) -> dict[str, Any]:
    import pyarrow
    import pyarrow.compute as compute

    kind = pyarrow.large_string()
    filled = values.cast(kind).fill_null("")
    holds = compute.match_substring(filled, "\0")
    if compute.any(holds).as_py():
        at = compute.index(holds, value=True).as_py()
        encoder.path.parts.append(("[{}]", at))
        why = "holds a NUL character, which no text of the other language can"
        encoder.refuse(values[at].as_py(), why, "send it as bytes, or without")
    # What is joined with nothing and a zero is all texts in a row, each with its zero.
    ended = compute.binary_join_element_wise(
        filled, *(pyarrow.scalar(text, kind) for text in ("", "\0"))
    ).combine_chunks()
    chunks = ended.chunks if isinstance(ended, pyarrow.ChunkedArray) else [ended]
    data = b"".join(_bytes_of(chunk) for chunk in chunks)
    return {
        "$": "texts",
        "b": encoder.buffer(data),
        "n": len(values),
        **_missing(encoder, values),
    }


def _bytes_of(array: Any) -> memoryview:
    """The text of a whole array of Arrow."""
    import numpy

    if not len(array):
        return memoryview(b"")
    _, places, data = array.buffers()
    ends = numpy.frombuffer(places, "i8")
    return memoryview(data)[ends[array.offset] : ends[array.offset + len(array)]]


def _categories(encoder: Writer, values: Any) -> dict[str, Any] | None:
    import pyarrow

    whole = values.unify_dictionaries().combine_chunks()
    if isinstance(whole, pyarrow.ChunkedArray):
        whole = whole.chunk(0) if whole.num_chunks else pyarrow.array([], type=values.type)
    levels = whole.dictionary
    if not pyarrow.types.is_string(levels.type) and not pyarrow.types.is_large_string(levels.type):
        return None  # as their values
    codes = pyarrow.chunked_array([whole.indices])
    ordered = bool(values.type.ordered)
    listed = encoder.node(levels.to_pylist())
    return {"$": "categories", "codes": _integers(encoder, codes), "v": listed, "ordered": ordered}


def _seconds(encoder: Writer, values: Any, per: int, scale: int) -> Any:
    """Counts of a unit as floats of seconds, or of their thousandths (by a scale of 1000)."""
    import numpy

    counts = _counts(values)
    found = counts * float(scale // per) if per <= scale else counts / (per / scale)
    rest = counts % 1000 if per == _PER_SECOND["ns"] else numpy.zeros(len(counts), "i8")
    # Whatever the scale, the other language counts in seconds.
    again = numpy.rint(counts / per * 1e6).astype("i8")
    exact = (again == _micros(counts, per)) & (rest == 0)
    if not exact.all():
        at = int(numpy.argmin(exact))
        encoder.path.parts.append(("[{}]", at))
        why = "is finer, or farther from 1970, than microseconds in a float of the other language"
        encoder.refuse(values[at].as_py(), why, 'round it, for example with .dt.floor("ms")')
    return found


def _micros(counts: Any, per: int) -> Any:
    return counts // (per // 1_000_000) if per >= 1_000_000 else counts * (1_000_000 // per)


def _counts(values: Any) -> Any:
    import pyarrow

    return values.cast(pyarrow.int64()).fill_null(0).to_numpy()


def _doubles(encoder: Writer, found: Any, values: Any) -> dict[str, Any]:
    numpy = sys.modules["numpy"]
    data = numpy.ascontiguousarray(found, dtype="<f8")
    return {"b": encoder.buffer(data), **_missing(encoder, values)}


def _missing(encoder: Writer, values: Any) -> dict[str, Any]:
    """Where items are missing, as places; nothing if none is."""
    if not values.null_count:
        return {}
    numpy = sys.modules["numpy"]
    places = numpy.flatnonzero(values.is_null().to_numpy())
    return {"none": encoder.buffer(places.astype("<u4"))}
