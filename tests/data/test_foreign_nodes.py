"""What another language gets: the nodes of the protocol, checked one by one."""

from __future__ import annotations

import collections
import datetime as dt
import decimal
import pathlib
import struct
from typing import Any

import numpy
import pandas
import polars
import pyarrow
import pytest


def doubles(*values: float) -> bytes:
    return struct.pack(f"<{len(values)}d", *values)


def longs(*values: int) -> bytes:
    return struct.pack(f"<{len(values)}q", *values)


@pytest.mark.parametrize(
    ("value", "node"),
    [
        ([1, 1.0, None, True, "é"], [1, 1.0, None, True, "é"]),
        (2**53, {"$": "int", "v": "0x20000000000000"}),
        (-(2**70), {"$": "int", "v": "-0x400000000000000000"}),
        (float("-inf"), {"$": "float", "v": "-inf"}),
        ("\ud800", {"$": "str", "v": [0xD800]}),
        ((1, (2,)), {"$": "tuple", "v": [1, {"$": "tuple", "v": [2]}]}),
        (frozenset({1}), {"$": "frozenset", "v": [1]}),
        ({1: 2}, {"$": "dict", "v": [[1, 2]]}),
        ({"$": 2}, {"$": "dict", "v": [["$", 2]]}),
        (b"ab", {"$": "bytes", "v": "YWI="}),
        (bytearray(b"x" * 2000), {"$": "bytearray", "b": b"x" * 2000}),
        (dt.date(2026, 11, 24), {"$": "date", "v": "2026-11-24"}),
        (dt.datetime(2026, 11, 24, 1), {"$": "datetime", "v": "2026-11-24T01:00:00"}),
        (dt.timedelta(days=-1, microseconds=1), {"$": "timedelta", "v": [-1, 0, 1]}),
        (dt.time(1, 2, 3, 456), {"$": "time", "v": "01:02:03.000456"}),
        (decimal.Decimal("1.10"), {"$": "decimal", "v": "1.10"}),
        (1 + 2j, {"$": "complex", "v": [1.0, 2.0]}),
        (range(2, 9, 3), {"$": "range", "v": [2, 9, 3]}),
        (pathlib.PurePosixPath("a"), {"$": "path", "v": "a", "type": "PurePosixPath"}),
        (collections.OrderedDict(a=1), {"a": 1}),
        (collections.defaultdict(list, a=[1]), {"a": [1]}),
        (collections.Counter("aa"), {"a": 2}),
        (collections.namedtuple("P", "x")(1), {"$": "tuple", "v": [1]}),  # noqa: PYI024
        (pandas.NA, None),
        ([pandas.NaT], [None]),
        ([numpy.datetime64("NaT"), numpy.timedelta64("NaT", "s")], [None, None]),
        (pandas.Timestamp("2020-01-01"), {"$": "datetime", "v": "2020-01-01T00:00:00"}),
        (pandas.Timedelta("1us"), {"$": "timedelta", "v": [0, 0, 1]}),
        (numpy.float32(1.5), {"$": "scalar", "dtype": "<f4", "v": "AADAPw=="}),
        (numpy.bool_(True), {"$": "scalar", "dtype": "|b1", "v": "AQ=="}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_value_has_the_node_of_the_protocol(foreign: Any, value: Any, node: Any) -> None:
    assert foreign(value) == node


def test_a_zone_is_told_by_its_key_and_an_unknown_one_by_its_offset(foreign: Any) -> None:
    class Odd(dt.tzinfo):
        def utcoffset(self, when: Any) -> dt.timedelta:
            return dt.timedelta(seconds=90)

        def dst(self, when: Any) -> None:
            return None

    from zoneinfo import ZoneInfo

    keyed = dt.datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"), fold=1)
    named = dt.datetime(2026, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=1), "X"))
    odd = dt.datetime(2026, 1, 1, tzinfo=Odd())

    assert foreign(keyed) == {
        "$": "datetime",
        "v": "2026-10-25T02:30:00+01:00",
        "zone": "Europe/Berlin",
        "fold": 1,
    }
    assert foreign(named)["v"] == "2026-01-01T00:00:00+01:00"
    assert foreign(odd)["v"] == "2025-12-31T23:58:30+00:00"


@pytest.mark.parametrize(
    ("array", "dtype", "raw"),
    [
        (numpy.array([1.5, float("nan")]), "<f8", doubles(1.5, float("nan"))),
        (numpy.array([1, 2], dtype=">i4"), "<i4", struct.pack("<2i", 1, 2)),
        (numpy.array([[1, 2], [3, 4]], order="F"), "<i8", longs(1, 2, 3, 4)),
        (numpy.arange(6)[::2], "<i8", longs(0, 2, 4)),
        (numpy.array(2.0), "<f8", doubles(2.0)),
        (numpy.array([True, False]), "|b1", b"\1\0"),
        (numpy.array(["1970-01-01T00:00:00.001", "NaT"], dtype="M8[ns]"), "<M8[ns]", None),
        (numpy.array(["1971"], dtype="M8[Y]"), "<M8[ms]", longs(365 * 86_400_000)),
        (numpy.zeros((0, 3)), "<f8", b""),
    ],
    ids=lambda value: str(getattr(value, "dtype", "")),
)
def test_an_array_goes_in_c_order_and_little_endian(
    foreign: Any, array: Any, dtype: str, raw: bytes | None
) -> None:
    node = foreign(array)

    assert node["$"] == "array"
    assert (node["dtype"], node["shape"]) == (dtype, list(array.shape))
    assert node["b"] == (longs(1_000_000, -(2**63)) if raw is None else raw)


def column(node: Any, name: str) -> Any:
    return node["columns"][node["names"].index(name)]


def valid(node: Any) -> list[bool]:
    return [byte == 1 for byte in node["valid"]]


NUMBERS = {"$": "array", "dtype": "<i8", "shape": [2]}


def frames() -> list[Any]:
    when = pandas.to_datetime([1, None], unit="ms").astype("datetime64[ns]")
    base = pandas.DataFrame(
        {
            "n": [1, 2],
            "x": [1.5, float("nan")],
            "i": pandas.array([7, None], dtype="Int64"),
            "b": pandas.array([None, True], dtype="boolean"),
            "s": ["é", None],
            "t": when,
            "z": when.tz_localize("UTC").tz_convert("Europe/Berlin"),
            "d": pandas.to_timedelta([1, None], unit="us").astype("timedelta64[ns]"),
            "k": pandas.Categorical(["u", None]),
        }
    )
    by_arrow = pyarrow.Table.from_pandas(base, preserve_index=False)
    # From pandas, Arrow takes NaN for missing.
    by_arrow = by_arrow.set_column(1, "x", pyarrow.array([1.5, float("nan")], from_pandas=False))
    return [base, polars.from_arrow(by_arrow), by_arrow]


@pytest.mark.parametrize("frame", frames(), ids=["pandas", "polars", "arrow"])
def test_a_frame_goes_as_a_table_of_columns(foreign: Any, frame: Any) -> None:
    node = foreign({"df": frame})["df"]

    assert node["$"] == "table"
    assert node["kind"] == type(frame).__module__.split(".")[0].replace("pyarrow", "arrow")
    assert node["names"] == list("nxibstzdk")
    assert node["rows"] == 2
    assert column(node, "n") == {**NUMBERS, "b": longs(1, 2)}
    assert column(node, "x")["b"] == doubles(1.5, float("nan"))
    assert valid(column(node, "i")) == [True, False]
    assert column(node, "i")["v"] == {**NUMBERS, "b": longs(7, 0)}
    assert valid(column(node, "b")) == [False, True]
    assert column(node, "b")["v"]["dtype"] == "|b1"
    assert column(node, "s") == {"$": "column", "v": ["é", None]}
    for name in "tz":
        assert column(node, name)["dtype"] == "<M8[ns]"
        assert column(node, name)["b"] == longs(1_000_000, -(2**63))
    assert column(node, "d")["v"] == [{"$": "timedelta", "v": [0, 0, 1]}, None]
    assert column(node, "k") == {"$": "column", "v": ["u", None]}


@pytest.mark.parametrize(
    ("values", "node"),
    [
        (pandas.Categorical([3, 4, 3]), {"$": "array", "dtype": "<i8", "b": longs(3, 4, 3)}),
        (pandas.array([1.5], dtype="Float64"), {"$": "array", "dtype": "<f8", "b": doubles(1.5)}),
        (pandas.array([0, 1], dtype="Sparse[int]"), {"$": "array", "b": longs(0, 1)}),
        (pandas.array([1, None], dtype="int64[pyarrow]"), {"$": "column", "valid": b"\1\0"}),
        (pandas.array([1, 2], dtype=object), {"$": "column", "v": [1, 2]}),
        (numpy.array([0.5], dtype="f2"), {"$": "array", "dtype": "<f4"}),
    ],
    ids=lambda value: str(getattr(value, "dtype", "")),
)
def test_special_columns_go_as_their_values(foreign: Any, values: Any, node: Any) -> None:
    sent = foreign(pandas.DataFrame({"c": values}))["columns"][0]

    assert {key: sent[key] for key in node} == node


def test_objects_go_item_by_item(foreign: Any) -> None:
    items = [decimal.Decimal(1), {"a": (1,)}, None, pandas.NA, float("nan")]
    series = pandas.Series(items, dtype=object)

    assert foreign(series)["v"] == [
        {"$": "decimal", "v": "1"},
        {"a": {"$": "tuple", "v": [1]}},
        None,
        None,
        None,
    ]


def test_named_levels_of_an_index_become_leading_columns(foreign: Any) -> None:
    frame = pandas.DataFrame({"g": ["a", "b"], "h": [1, 2], "x": [3, 4]})

    assert foreign(frame.set_index(["g", "h"]))["names"] == ["g", "h", "x"]
    assert foreign(frame.set_index("g"))["columns"][0]["v"] == ["a", "b"]
    assert foreign(frame[frame.x > 3])["names"] == ["g", "h", "x"]


def test_labels_without_a_name_become_columns_as_pandas_calls_them(foreign: Any) -> None:
    frame = pandas.DataFrame({"x": [1]}, index=["u"])

    assert foreign(frame)["names"] == ["index", "x"]
    assert foreign(frame.set_index(["x", ["v"]]))["names"] == ["x", "level_1"]
    assert foreign(frame.rename(columns={"x": "index"}))["names"] == ["level_0", "index"]
    assert foreign(frame.x)["names"] == ["index", "x"]
    assert foreign(pandas.Series([1], index=["u"]))["names"] == ["index", "0"]


def test_names_of_several_levels_are_joined(foreign: Any) -> None:
    assert foreign(pandas.DataFrame({("a", "b"): [1], ("c", ""): [2]}))["names"] == ["a_b", "c"]


def test_numbers_as_column_names_become_their_text(foreign: Any) -> None:
    assert foreign(pandas.DataFrame([[1, 2]]))["names"] == ["0", "1"]


@pytest.mark.parametrize(
    "series",
    [
        pandas.Series([1, None], dtype="Int64"),
        polars.Series([1, None]),
        pyarrow.array([1, None]),
        pyarrow.chunked_array([[1], [None]]),
        pandas.Index(pandas.array([1, None], dtype="Int64")),
    ],
    ids=lambda series: type(series).__name__,
)
def test_a_series_goes_as_a_column(foreign: Any, series: Any) -> None:
    node = foreign(series)

    assert node["$"] == "column"
    assert node["v"]["b"] == longs(1, 0)
    assert node["valid"] == b"\1\0"


def test_dates_and_nested_columns_of_polars_and_arrow(foreign: Any) -> None:
    day = dt.date(1970, 1, 2)
    frame = polars.DataFrame({"d": [day, None], "l": [[1], None], "r": [{"a": 1}, {"a": None}]})

    for node in (foreign(frame), foreign(frame.to_arrow())):
        assert column(node, "d")["dtype"] == "<M8[D]"
        assert column(node, "d")["b"] == longs(1, -(2**63))
        assert column(node, "l")["v"] == [[1], None]
        assert column(node, "r")["v"] == [{"a": 1}, {"a": None}]


def test_an_empty_frame_has_its_rows_and_columns(foreign: Any) -> None:
    assert foreign(pandas.DataFrame({"a": [], "b": []}))["rows"] == 0
    assert foreign(pandas.DataFrame(index=range(3)))["rows"] == 3
    assert foreign(polars.DataFrame())["names"] == []
