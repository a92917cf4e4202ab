"""What another language than Python gets for a value that is no kind of the protocol's own.

Used in the kernel. The rule is that nothing changes silently: a value goes if what arrives says
the same, and is refused with a way out in doubt.

* ``OrderedDict``, ``defaultdict`` and ``Counter`` go as dicts, which they equal; named tuples as
  tuples.
* Frames go as tables, series and pandas' arrays as columns (`as_frame`), numpy as arrays.
* ``pandas.Timestamp`` and ``Timedelta`` go as what the standard library has, ``NA`` and ``NaT`` as
  null.
* Enumerations, dataclasses, other subclasses and objects are refused.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ...protocol.jsonable import write_numpy_scalar
from ...protocol.scalars import full_type_name, type_module
from .columns import NULL

if TYPE_CHECKING:
    from ..writer import Writer

_AS_DICTS = ("OrderedDict", "defaultdict", "Counter")
_MICROSECONDS = 1000


def check_scalar(encoder: Writer, value: Any) -> None:
    """Refuse a datetime that is between two milliseconds, since a date elsewhere cannot be.

    Raises:
        EncodingFailed: It is.
    """
    if (
        encoder.reads_microseconds
        or encoder.cuts_instants
        or full_type_name(value) != "datetime.datetime"
    ):
        return
    if value.microsecond % _MICROSECONDS:
        encoder.refuse(
            value,
            "has a fraction of a millisecond, which no date of the other language holds",
            "add --milliseconds, or send value.isoformat()",
        )


def node(encoder: Writer, value: Any) -> Any:
    """The node of a value for another language.

    Raises:
        EncodingFailed: There is none that says the same.
    """
    cls = type(value)
    if full_type_name(value) == "datetime.datetime":
        return {"$": "datetime", "v": _instant(value).isoformat(), **encoder.keep(value)}
    if encoder.reads_files:
        from . import as_files

        made = as_files.node(encoder, value)
        if made is not None:
            return made
    writer = _WRITERS.get(type_module(cls).partition(".")[0])
    made = writer(encoder, value) if writer else None
    if made is NULL:
        return None
    if made is not None:
        return made
    if issubclass(cls, tuple) and type(getattr(cls, "_fields", None)) is tuple:
        return encoder.container(tuple(tuple.__iter__(value)), tuple)
    return encoder.refuse(value, "has no counterpart in the other language", _way_out(value))


def _instant(value: Any) -> Any:
    """A datetime whose zone is of an unknown class, by its offset, or in UTC for an odd one."""
    offset = value.utcoffset()
    datetime = sys.modules["datetime"]
    whole = offset % datetime.timedelta(minutes=1) == datetime.timedelta(0)
    return value.astimezone(datetime.timezone(offset) if whole else datetime.timezone.utc)


def _from_collections(encoder: Writer, value: Any) -> Any:
    collections = sys.modules["collections"]
    if type(value) in [getattr(collections, name) for name in _AS_DICTS]:
        return encoder.container(dict(value), dict)
    return None


def _from_numpy(encoder: Writer, value: Any) -> Any:
    from .. import array_items, as_array

    numpy = sys.modules["numpy"]
    if issubclass(type(value), numpy.ndarray):
        return as_array.foreign_node(encoder, value)
    if issubclass(type(value), (numpy.str_, numpy.bytes_)):
        return encoder.node(value.item())  # which equals it
    if issubclass(type(value), numpy.generic):
        array = numpy.asarray(value)
        if array.dtype.kind in "mM" and numpy.isnat(array):
            return NULL  # as for that of pandas
        if array_items.goes_by_items(array):
            plain = array_items.node(encoder, array)["v"][0]
            return {**plain, **encoder.keep(value)} if type(plain) is dict else plain
        if array_items.exact_relative(array) is not None:
            return encoder.node(float(value))
        return write_numpy_scalar(as_array.for_foreign(encoder, numpy.asarray(value))[()])
    return None


def _from_frames(encoder: Writer, value: Any) -> Any:
    from . import as_frame

    return as_frame.node(encoder, value)


_WRITERS: dict[str, Callable[[Writer, Any], Any]] = {
    "collections": _from_collections,
    "numpy": _from_numpy,
    "pandas": _from_frames,
    "polars": _from_frames,
    "pyarrow": _from_frames,
}


def _way_out(value: Any) -> str:
    enum = getattr(sys.modules.get("enum"), "Enum", ())
    if issubclass(type(value), enum):
        return "send its .value or its .name"
    if hasattr(type(value), "__dataclass_fields__"):
        return "send dataclasses.asdict(…) of it"
    for kind in (dict, str, int, float, tuple, set, frozenset):
        if issubclass(type(value), kind):
            return f"send {kind.__name__}(…) of it"
    from .. import as_pickle

    return as_pickle.way_out(value)
