"""Frames between Python and Python."""

from __future__ import annotations

from typing import Any

import numpy
import pandas
import polars
import pyarrow
import pytest

from codeexec_magics.data import Arena, decode, encode
from codeexec_magics.data.encode import PYTHON


def awkward() -> pandas.DataFrame:
    frame = pandas.DataFrame(
        {
            "number": [1.5, numpy.nan, -0.0],
            "nullable": pandas.array([1, None, 3], dtype="Int64"),
            "flag": pandas.array([True, None, False], dtype="boolean"),
            "text": ["a", None, "é"],
            "when": pandas.to_datetime([0, None, 123456789], unit="ns"),
            "zoned": pandas.date_range("2020-10-25", periods=3, tz="Europe/Berlin"),
            "span": pandas.to_timedelta([1, None, 3], unit="ns"),
            "kind": pandas.Categorical(["u", None, "v"], categories=["v", "u", "w"], ordered=True),
            "period": pandas.period_range("2020", periods=3, freq="M"),
            "object": [{"a": 1}, (1, 2), None],
        }
    )
    frame.attrs["source"] = "a test"
    return frame


@pytest.mark.parametrize(
    "frame",
    [
        awkward(),
        pandas.DataFrame(),
        pandas.DataFrame({"a": []}),
        awkward().set_index(["text", "when"]),
        awkward().T,
        pandas.DataFrame([[1, 2], [3, 4]], columns=["a", "a"]),
        pandas.DataFrame({("x", "y"): [1]}),
    ],
    ids=["awkward", "empty", "no rows", "multi", "turned", "twice", "levels"],
)
def test_a_pandas_frame_arrives_the_same(trip: Any, frame: pandas.DataFrame) -> None:
    arrived = trip({"df": frame})["df"]

    pandas.testing.assert_frame_equal(arrived, frame, check_freq=True, check_flags=True)
    assert arrived.attrs == frame.attrs


@pytest.mark.parametrize(
    "value",
    [
        pandas.Timestamp("2020-01-01 00:00:00.000000001", tz="Europe/Berlin"),
        pandas.Timedelta(1, "ns"),
        pandas.NA,
        pandas.NaT,
        pandas.Period("2020-01"),
        pandas.Interval(0, 1),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_pandas_scalar_arrives_the_same(trip: Any, value: Any) -> None:
    arrived = trip(value)

    assert type(arrived) is type(value)
    assert repr(arrived) == repr(value)


def test_a_series_and_an_index_arrive_the_same(trip: Any) -> None:
    series = pandas.Series([1, 2], index=["a", "b"], name="n")

    pandas.testing.assert_series_equal(trip(series), series)
    pandas.testing.assert_index_equal(trip(series.index), series.index)


def test_a_polars_frame_arrives_the_same(trip: Any) -> None:
    frame = polars.DataFrame(
        {
            "a": [1, None],
            "s": ["x", None],
            "l": [[1, 2], []],
            "c": polars.Series(["u", "v"], dtype=polars.Categorical),
            "t": polars.Series([1, None], dtype=polars.Datetime("ns", "Europe/Berlin")),
            "o": polars.Series([1.0, float("nan")], dtype=polars.Float32),
        }
    )

    arrived = trip(frame)

    assert arrived.schema == frame.schema
    assert arrived.equals(frame)
    assert trip(frame["a"]).equals(frame["a"])


def test_an_arrow_table_arrives_the_same(trip: Any) -> None:
    table = pyarrow.table({"a": [1, None], "s": ["x", "y"]}, metadata={"k": "v"})

    assert trip(table).equals(table, check_metadata=True)


def test_a_large_frame_is_mapped_and_may_be_changed(arena: Arena) -> None:
    frame = pandas.DataFrame(
        {"x": numpy.arange(300_000.0), "t": pandas.date_range("2020", periods=300_000, freq="s")}
    )
    descriptor = encode(frame, arena, reader=PYTHON, root="inputs")
    arena.seal()
    inside = descriptor["buffers"][descriptor["inline"]["b"]][1]

    arrived = decode(descriptor, arena, allow_pickle=True, root="inputs")
    again = decode(descriptor, arena, allow_pickle=True, root="inputs")
    arrived.loc[0, "x"] = -1
    arrived["x"].to_numpy(copy=False)
    arrived.loc[0, "t"] = pandas.Timestamp(0)

    assert inside < 10_000
    pandas.testing.assert_frame_equal(again, frame)
    assert arrived["x"][0] == -1
