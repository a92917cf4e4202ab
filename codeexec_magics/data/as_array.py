"""Numpy arrays as a dtype, a shape and bytes.

Used in the kernel and in a Python child; imports numpy only where an array turns up.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from ..protocol.jsonable import read_dtype
from . import array_items

if TYPE_CHECKING:
    from .writer import Writer

_FOREIGN_TYPES = frozenset({"b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f4", "f8"})
_FOREIGN_UNITS = frozenset({"D", "h", "m", "s", "ms", "us", "ns"})
_LARGEST_INSTANT = 8_640_000_000_000_000  # milliseconds from 1970 that a JavaScript Date holds
_MOST_DIMENSIONS = 32


def exact_node(encoder: Writer, array: Any) -> dict[str, Any] | None:
    """The node of an array for Python; None if only a pickle keeps all of it.

    That is so for Fortran order, for dtypes with objects, text, fields or metadata, and for
    subclasses.
    """
    numpy = sys.modules["numpy"]
    dtype = array.dtype
    fortran = array.flags.f_contiguous and not array.flags.c_contiguous
    if (
        type(array) is not numpy.ndarray
        or fortran
        or dtype.metadata
        or array.ndim > _MOST_DIMENSIONS
    ):
        return None
    try:
        if read_dtype(dtype.str) != dtype:
            return None
    except ValueError:
        return None
    return _node(encoder, array)


def foreign_node(encoder: Writer, array: Any) -> dict[str, Any]:
    """The node of an array for another language.

    Raises:
        EncodingFailed: Its items have no exact counterpart there.
    """
    if array_items.goes_by_items(array):
        return array_items.node(encoder, array)
    narrower = array_items.exact_relative(array)
    if narrower is not None:
        return {**_node(encoder, narrower), "was": array.dtype.str}
    node = _node(encoder, for_foreign(encoder, array))
    return {**node, "was": array.dtype.str} if array.dtype.str[0] == ">" else node


def for_foreign(encoder: Writer, array: Any) -> Any:
    """The array with a byte order and a dtype that other languages have.

    Raises:
        EncodingFailed: Its items have no exact counterpart there.
    """
    numpy = sys.modules["numpy"]
    if type(array) is not numpy.ndarray:
        encoder.refuse(array, "is a special kind of array", array_items.way_out(array))
    dtype = array.dtype
    if dtype.kind == "M":
        return _checked_instants(encoder, array)
    if dtype.kind + str(dtype.itemsize) not in _FOREIGN_TYPES:
        encoder.refuse(
            array[()],
            f"has the dtype {dtype}, which the other language has not",
            array_items.way_out(array),
        )
    return array.astype(dtype.newbyteorder("<"), copy=False)


def value(dtype_text: Any, shape: Any, buffer: memoryview) -> Any:
    """The array of a node: a writable view of the buffer.

    Raises:
        Exception: The parts do not fit together.
    """
    dtype = read_dtype(dtype_text)
    if type(shape) is not list or not all(type(size) is int and size >= 0 for size in shape):
        raise TypeError("a shape is a list of sizes")
    needed = dtype.itemsize
    for size in shape:
        needed *= size
    if needed != len(buffer):
        raise ValueError(f"an array of shape {shape} and dtype {dtype} has {needed} bytes")
    import numpy

    array = numpy.ndarray(tuple(shape), dtype, buffer if needed else bytearray(dtype.itemsize))
    # A boolean that is neither 0 nor 1 behaves as both.
    if dtype.kind == "b" and array.size and array.view("u1").max() > 1:
        raise ValueError("an item of a boolean array is neither 0 nor 1")
    return array


def _node(encoder: Writer, array: Any) -> dict[str, Any]:
    numpy = sys.modules["numpy"]
    # Not ascontiguousarray, which makes one dimension of none.
    flat = numpy.asarray(array, order="C").reshape(-1).view("u1")
    return {
        "$": "array",
        "dtype": array.dtype.str,
        "shape": list(array.shape),
        "b": encoder.buffer(flat),
    }


def _checked_instants(encoder: Writer, array: Any) -> Any:
    numpy = sys.modules["numpy"]
    unit, count = numpy.datetime_data(array.dtype)
    milliseconds = array.astype("<M8[ms]")
    instants = milliseconds.view("i8")
    exact = milliseconds.astype(array.dtype) == array
    if encoder.cuts_instants:
        exact |= ~numpy.isnat(milliseconds)
    exact &= (instants <= _LARGEST_INSTANT) & (instants >= -_LARGEST_INSTANT)
    exact |= numpy.isnat(array)
    if not exact.all():
        place = numpy.unravel_index(int(numpy.argmin(exact)), array.shape)
        for index in place:
            encoder.path.parts.append(("[{}]", int(index)))
        encoder.refuse(
            array[place],
            "has a fraction of a millisecond, or a year, that no date of the other language holds",
            'add --milliseconds, or round it: .astype("M8[ms]"), .dt.floor("ms")',
        )
    if unit in _FOREIGN_UNITS and count == 1 and not encoder.cuts_instants:
        return array.astype(array.dtype.newbyteorder("<"), copy=False)
    return milliseconds
