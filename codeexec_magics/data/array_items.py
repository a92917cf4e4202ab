"""Numpy arrays whose items go one by one, and what to do about those that do not go.

Used in the kernel and in a Python child. Text, bytes, objects, durations and complex numbers have
no bytes that another language reads; as nodes they are what they are.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .reader import Reader
    from .writer import Writer

_BY_ITEMS = re.compile(r"[<>|=]?(U\d+|S\d+|O|m8\[(W|D|h|m|s|ms|us|ns)\]|c8|c16)")
_RESTORED = re.compile(r"[<>]f(2|12|16)|>[iuf][248]|>M8\[(D|h|m|s|ms|us|ns)\]")
_MOST = 50_000_000


def goes_by_items(array: Any) -> bool:
    """Whether a plain array of this dtype goes item by item."""
    numpy, dtype = sys.modules["numpy"], array.dtype
    return type(array) is numpy.ndarray and bool(_BY_ITEMS.fullmatch(dtype.str))


def node(encoder: Writer, array: Any) -> dict[str, Any]:
    """The node of an array that goes item by item.

    Raises:
        EncodingFailed: An item cannot travel.
    """
    flat = array.reshape(-1)
    items = _durations(encoder, array) if array.dtype.kind == "m" else flat.tolist()
    shape = list(array.shape)
    return {"$": "array", "dtype": array.dtype.str, "shape": shape, "v": encoder.node(items)}


def _durations(encoder: Writer, array: Any) -> list[Any]:
    numpy = sys.modules["numpy"]
    microseconds = array.astype("m8[us]")
    exact = (microseconds.astype(array.dtype) == array) | numpy.isnat(array)
    if not exact.all():
        encoder.refuse(
            array[numpy.unravel_index(int(numpy.argmin(exact)), array.shape)],
            "has a fraction of a microsecond, which no duration of the protocol holds",
            'round it, for example with .astype("m8[us]")',
        )
    return microseconds.reshape(-1).astype(object).tolist()  # type: ignore[no-any-return]


def value(decoder: Reader, node: dict[str, Any]) -> Any:
    """The array of a node whose items stand in it.

    Raises:
        Exception: The parts do not fit together.
    """
    import numpy

    dtype, shape, nodes = node["dtype"], node["shape"], node["v"]
    if type(dtype) is not str or not _BY_ITEMS.fullmatch(dtype):
        raise ValueError(f"{dtype!r} is no dtype of items")
    if type(shape) is not list or not all(type(size) is int and size >= 0 for size in shape):
        raise TypeError("a shape is a list of sizes")
    items = decoder.value(nodes)
    count = 1
    for size in shape:
        count *= size
    if type(items) is not list or len(items) != count or count > _MOST:
        raise ValueError(f"an array of shape {shape} does not have these items")
    kind = dtype.lstrip("<>|=")[0]
    if kind == "O":
        made: Any = numpy.empty(count, dtype=object)
        made[:] = items
        return made.reshape(shape)
    if kind in "US" and not all(type(item) is (str if kind == "U" else bytes) for item in items):
        raise TypeError(f"an item is none of {dtype}")
    made = numpy.array(items, dtype=kind if kind in "US" else dtype)
    if kind in "US":
        wanted = numpy.dtype(dtype)
        made = made.astype(wanted if made.itemsize <= wanted.itemsize else made.dtype)
    if kind != "m" and made.tolist() != items and not _has_nan(made, kind):
        raise ValueError(f"an item does not fit {dtype}")
    return made.reshape(shape)


def _has_nan(made: Any, kind: str) -> bool:
    return kind == "c" and bool((made != made).any())


def exact_relative(array: Any) -> Any:
    """The array in a dtype that other languages have, if it has not but that holds it exactly."""
    numpy, dtype = sys.modules["numpy"], array.dtype
    if type(array) is not numpy.ndarray or dtype.kind != "f":
        return None
    if dtype.itemsize == 2:
        return array.astype("<f4")
    if dtype.itemsize > 8:
        made = array.astype("<f8")
        same = (made.astype(dtype) == array) | ((made != made) & (array != array))
        return made if same.all() else None
    return None


def restored(array: Any, was: Any) -> Any:
    """The array in the dtype that it had before it went, if it holds it still."""
    numpy = sys.modules["numpy"]
    fits = type(was) is str and _RESTORED.fullmatch(was) is not None
    if not fits or numpy.dtype(was).kind != array.dtype.kind:
        raise ValueError(f"no array was of {was!r}")
    with numpy.errstate(over="ignore"):
        made = array.astype(was)
    same = (made.astype(array.dtype) == array) | ((made != made) & (array != array))
    return made if same.all() else array


def way_out(array: Any) -> str:
    """What to send instead of an array that does not go; what it says goes, and is equal."""
    numpy, dtype = sys.modules["numpy"], array.dtype
    if isinstance(array, numpy.ma.MaskedArray):
        return "send .tolist() of it, which has None where it is masked"
    if dtype.names:
        return "send {name: x[name] for name in x.dtype.names} of it"
    if type(array) is not numpy.ndarray:
        return "send numpy.asarray(…) of it"
    if dtype.kind == "f":
        return 'send .astype(str) of it, or .astype("f8"), which rounds'
    if dtype.kind == "c":
        return 'send .astype("c16") of it, which rounds'
    if dtype.kind in "mM":
        return 'send .astype("i8") of it, a count of its units'
    return "send .tolist() of it"
