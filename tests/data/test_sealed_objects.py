"""Everyday objects go exactly to a Python that takes no pickles, as from a sandbox."""

from __future__ import annotations

import collections
import datetime as dt
import enum
import http
import zoneinfo
from collections.abc import Callable
from typing import Any

import numpy
import pandas
import polars
import pyarrow
import pytest

from codeexec_magics.data import SEALED, Arena, decode
from codeexec_magics.errors import DecodingFailed, EncodingFailed

BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")


class Own(enum.Enum):
    """Of this module, which both sides have loaded here."""

    A = 1


VALUES = [
    Own.A,
    collections.Counter("abca"),
    collections.OrderedDict([(2, 1), (1, 2)]),
    collections.defaultdict(list, {"a": [1]}),
    collections.defaultdict(None, {"a": 1}),
    collections.deque([1, "a", None], maxlen=5),
    pandas.Timestamp("2026-01-02 03:04:05.678901234"),
    pandas.Timestamp("2026-01-02", tz="Europe/Berlin"),
    pandas.Timestamp("2026-10-25 02:30", tz=dt.timezone(dt.timedelta(hours=2))),
    pandas.Timedelta("1 day 3ns"),
    pandas.NaT,
    pandas.NA,
    http.HTTPStatus.OK,
    numpy.str_("é"),
    numpy.bytes_(b"a"),
    numpy.unique(["b", "a"]),
    numpy.array([["a", "bc"]], dtype="U5"),
    numpy.array([b"a"]),
    numpy.array([{"a": 1}, None, 2.5], dtype=object),
    polars.Series("a", [1, None]),
    polars.Series("e", ["a"], dtype=polars.Enum(["a", "b"])),
    pyarrow.array([1, None]),
    pyarrow.chunked_array([["a"], [None]]),
    pandas.Index(["a", "b"], name="n"),
    pandas.date_range("2026-01-01", periods=3, tz="Europe/Berlin"),
    pandas.RangeIndex(2, 8, 3),
    [collections.Counter("a"), {"k": pandas.Timestamp("2026-01-01")}],
    # No rows, and still all categories.
    pandas.DataFrame({"c": pandas.Categorical([], categories=["a", "b"], ordered=True)}),
    polars.DataFrame({"e": []}, schema={"e": polars.Enum(["a", "b"])}),
    pyarrow.table({"d": pyarrow.array([], pyarrow.dictionary(pyarrow.int8(), pyarrow.string()))}),
]


def told(value: Any) -> Any:
    """What a test compares: type and content in every part."""
    if isinstance(value, (list, tuple)):
        return [told(item) for item in value]
    if isinstance(value, pandas.DataFrame):
        return [value.to_dict("list"), value.dtypes.to_dict()]
    if isinstance(value, polars.DataFrame):
        return [value.to_dicts(), value.schema]
    if isinstance(value, polars.Series):
        return [value.to_list(), value.dtype, value.name]
    if isinstance(value, numpy.ndarray):
        return [value.tolist(), value.dtype, value.shape]
    if isinstance(value, pandas.Index):
        return [value.tolist(), value.dtype, value.names, getattr(value, "freq", None)]
    if hasattr(value, "to_pylist"):
        return [value.to_pylist(), getattr(value, "type", None) or value.schema]
    return [repr(value), getattr(value, "unit", None)]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_an_object_arrives_as_it_was(trip: Callable[..., Any], value: Any) -> None:
    back = trip(value, reader=SEALED)

    assert type(back) is type(value)
    assert told(back) == told(value)


def test_a_member_of_an_enumeration_is_looked_up_and_never_imported() -> None:
    arena = Arena.create("test")
    try:
        for module, name, member in [
            ("antigravity", "X", "A"),
            ("http", "HTTPStatus", "__class__"),
            ("http", "HTTPMethod.GET", "x"),
            ("os", "environ", "PATH"),
        ]:
            node = {"$": "object", "type": "enum", "module": module, "name": name, "v": member}
            with pytest.raises(DecodingFailed):
                decode({"codec": "tree", "inline": node}, arena, allow_pickle=False, root="r")
    finally:
        arena.close()


def test_a_number_of_a_class_that_only_the_writer_has_is_a_number(trip: Callable[..., Any]) -> None:
    local = enum.IntEnum("local", {"A": 5})

    assert trip([local.A], reader=SEALED) == [5]


def test_what_no_constructor_of_ours_makes_is_refused(trip: Callable[..., Any]) -> None:
    class Counter(collections.Counter[str]):
        """A class of its own, whatever it is called."""

    with pytest.raises(EncodingFailed):
        trip(Counter("a"), reader=SEALED)
    with pytest.raises(EncodingFailed):
        trip(collections.defaultdict(lambda: 1), reader=SEALED)
