"""Frames between Python and a Python that takes no pickles: as Arrow, exactly, or refused."""

from __future__ import annotations

import datetime as dt
import json
import sys
from typing import Any

import numpy
import pandas
import polars
import pyarrow
import pytest
from test_exact_frames import awkward

from codeexec_magics.data import (
    FOREIGN,
    SEALED,
    Arena,
    decode,
    encode,
)
from codeexec_magics.errors import EncodingFailed

Trip = Any


@pytest.fixture
def sealed() -> Trip:
    """Out and back without a pickle, as between a sealed cell and the kernel."""

    def there_and_back(value: Any) -> Any:
        made = Arena.create("test")
        try:
            node = encode({"it": value}, made, reader=SEALED, root="result")
            made.seal()
            descriptor = json.loads(json.dumps(node, allow_nan=False))
            return decode(descriptor, made, allow_pickle=False, root="result")["it"]
        finally:
            made.close()

    return there_and_back


def text(*items: Any) -> pandas.Series:
    return pandas.Series(items, dtype=object)


PLAIN = awkward().drop(columns=["period"])
PANDAS = {
    "awkward": PLAIN,
    "empty": pandas.DataFrame(),
    "no rows": pandas.DataFrame({"a": []}),
    "no columns": pandas.DataFrame(index=range(3)),
    "levels": PLAIN.set_index(["text", "when"]),
    "text index": PLAIN.drop(columns=["object", "when", "span"]).set_index(["text", "zoned"]),
    "columns of one name": pandas.DataFrame([[1, 2], [3, 4]], columns=["a", "a"]),
    "columns of two levels": pandas.DataFrame({("x", "y"): [1], ("x", "z"): [2]}),
    "columns of numbers": pandas.DataFrame([[1, 2]]),
    "columns of both": pandas.DataFrame([[1, 2]], columns=pandas.Index(["a", 3], dtype=object)),
    "frequency": pandas.DataFrame(
        {"x": range(3)}, index=pandas.date_range("2020", periods=3, tz="Europe/Berlin")
    ),
    "named range": pandas.DataFrame({"x": [1, 2]}, index=pandas.RangeIndex(4, 0, -2, name="n")),
    "categories": pandas.DataFrame(
        {"c": pandas.Categorical([3, 4, None, 3])},
        index=pandas.CategoricalIndex(["a", "b", "a", "b"], name="k"),
    ),
    "objects": pandas.DataFrame(
        {
            "day": text(dt.date(2020, 1, 1), None),
            "raw": text(b"x", None),
            "nan": text("x", numpy.nan),
            "none": text("x", None),
            "both": text(None, numpy.nan),
            "odd": text({"a": (1,)}, 1),
            "surrogate": text("\ud800", None),
        }
    ),
    "numbers": pandas.DataFrame(
        {
            "half": numpy.array([1, 2], dtype="f2"),
            "wide": numpy.array([1, 2**64 - 1], dtype="u8"),
            "flag": [True, False],
        }
    ),
    "units": pandas.DataFrame(
        {unit: pandas.to_datetime([0, None]).astype(f"M8[{unit}]") for unit in ("s", "ms", "us")}
    ),
    "fixed zone": pandas.DataFrame(
        {"t": pandas.to_datetime([0, None]).tz_localize(dt.timezone(dt.timedelta(hours=-3)))}
    ),
    "arrow's own": pandas.DataFrame(
        {
            "i": pandas.array([1, None], dtype="int64[pyarrow]"),
            "l": pandas.array([[1], None], dtype=pandas.ArrowDtype(pyarrow.list_(pyarrow.int8()))),
            "s": pandas.array(["a", None], dtype="string[pyarrow]"),
            "p": pandas.array(["a", None], dtype="string[python]"),
        }
    ),
}


@pytest.mark.parametrize("kind", PANDAS)
def test_a_frame_of_pandas_arrives_the_same(sealed: Trip, kind: str) -> None:
    frame = PANDAS[kind].copy()
    frame.attrs["from"] = {"a": 1}

    arrived = sealed(frame)

    pandas.testing.assert_frame_equal(
        arrived, frame, check_freq=True, check_flags=True, check_column_type=True
    )
    assert type(arrived.columns) is type(frame.columns)
    assert type(arrived.index) is type(frame.index)
    assert arrived.columns.dtype == frame.columns.dtype
    assert arrived.attrs == frame.attrs


def test_missing_text_keeps_its_kind(sealed: Trip) -> None:
    arrived = sealed(PANDAS["objects"])

    assert arrived["none"][1] is None
    assert isinstance(arrived["nan"][1], float)


def test_series_arrive_the_same(sealed: Trip) -> None:
    for series in (
        pandas.Series([1, 2], index=["a", "b"], name="n"),
        pandas.Series([1.5, None]),
        pandas.Series(["x"], name=3, dtype="string"),
    ):
        pandas.testing.assert_series_equal(sealed(series), series)


def test_what_arrives_may_be_changed(sealed: Trip) -> None:
    arrived = sealed(pandas.DataFrame({"x": numpy.arange(300_000.0), "s": "a"}))

    arrived.loc[0, "x"] = -1.0
    arrived.loc[0, "s"] = "b"

    assert arrived.iloc[0].tolist() == [-1.0, "b"]


def polars_frame() -> polars.DataFrame:
    return polars.DataFrame(
        {
            "e": polars.Series(["a", "b"], dtype=polars.Enum(["a", "b", "c"])),
            "c": polars.Series(["u", None], dtype=polars.Categorical),
            "t": polars.Series([1, None], dtype=polars.Datetime("ns", "Europe/Berlin")),
            "l": [[1], []],
            "n": [None, None],
            "d": polars.Series([1, 2], dtype=polars.Decimal(10, 2)),
            "b": [b"x", None],
            "m": polars.Series([1, 2], dtype=polars.Time),
            "a": polars.Series([[1, 2], [3, 4]], dtype=polars.Array(polars.Int8, 2)),
            "r": [{"a": 1}, {"a": None}],
            "f": polars.Series([float("nan"), None], dtype=polars.Float32),
        }
    )


def test_frames_of_polars_and_arrow_arrive_the_same(sealed: Trip) -> None:
    frame = polars_frame()
    table = pyarrow.table(
        {"a": pyarrow.chunked_array([[1], [None]]), "s": ["x", "y"]}, metadata={"k": "v"}
    )
    batch = pyarrow.record_batch({"a": [1.5, None]})

    arrived = sealed(frame)

    assert arrived.schema == frame.schema
    assert arrived.equals(frame, null_equal=True)
    assert sealed(polars.DataFrame()).shape == (0, 0)
    assert sealed(table).equals(table, check_metadata=True)
    assert sealed(batch).equals(batch)
    assert sealed(table.slice(0, 0)).schema.equals(table.schema, check_metadata=True)


def test_an_array_in_another_order_arrives_equal(sealed: Trip) -> None:
    array = numpy.asfortranarray(numpy.arange(6).reshape(2, 3))

    assert (sealed(array) == array).all()


class Frame(pandas.DataFrame):
    """A frame of somebody else's."""


class Unpicklable:
    pass


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (awkward(), "result.it.period"),
        (Frame({"a": [1]}), "result.it"),
        (pandas.DataFrame({"a": text(Unpicklable(), 1)}), "result.it.a[0]"),
        (polars.DataFrame({"a": polars.Series([Unpicklable()], dtype=polars.Object)}), "result.it"),
        (numpy.array([object()]), "result.it[0]"),
        (Unpicklable(), "result.it"),
        (pyarrow.table({"a": pyarrow.array(["x"], pyarrow.string_view())}), "result.it"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_needs_a_pickle_is_refused_by_name(sealed: Trip, value: Any, path: str) -> None:
    with pytest.raises(EncodingFailed) as caught:
        sealed(value)

    assert caught.value.path == path


def source_of(value: Any, arena: Arena) -> tuple[dict[str, Any], dict[str, Any]]:
    descriptor = encode({"df": value}, arena, reader=FOREIGN, root="inputs")
    return descriptor, descriptor["inline"]["df"]


def returned(value: Any) -> Any:
    """What the kernel makes of a frame that another language hands back untouched."""
    arena = Arena.create("test")
    try:
        descriptor, table = source_of(value, arena)
        descriptor["inline"] = table["source"]
        return decode(descriptor, arena, allow_pickle=False, root="result")
    finally:
        arena.close()


@pytest.mark.parametrize(
    "kind", ["text index", "fixed zone", "numbers", "units", "columns of numbers", "no rows"]
)
def test_another_language_hands_back_the_frame_itself(kind: str) -> None:
    frame = PANDAS[kind]

    pandas.testing.assert_frame_equal(returned(frame), frame)


def test_packed_text_is_text_again_when_it_is_handed_back() -> None:
    words = ["a", "é", None] * 1000
    frame = pandas.DataFrame({"w": pandas.Series(words, dtype=object), "n": range(3000)})
    table = pyarrow.table({"w": words, "n": range(3000)}, metadata={"k": "v"})

    pandas.testing.assert_frame_equal(returned(frame), frame)
    assert returned(table).equals(table, check_metadata=True)
    assert returned(polars.from_arrow(table)).equals(polars.from_arrow(table))


def test_another_language_reads_fields_and_nodes(arena: Arena) -> None:
    frame = pandas.DataFrame(
        {"n": [1, 2], "s": ["a", None], "d": pandas.to_timedelta([1, 2], unit="s")}
    )

    _, table = source_of(frame, arena)

    assert table["names"] == ["n", "s", "d"]
    assert [column["$"] for column in table["columns"]] == ["field", "field", "column"]
    assert table["columns"][2]["v"][0] == {"$": "timedelta", "v": [0, 1, 0]}


def test_a_frame_that_cannot_be_made_again_is_still_read(arena: Arena) -> None:
    frame = pandas.DataFrame({"n": [1, 2], "o": text({"a": 1}, (1,))})

    _, table = source_of(frame, arena)

    assert "form" not in table["source"]
    assert table["columns"][0] == {"$": "field", "v": 0}
    assert table["columns"][1]["v"] == [{"a": 1}, {"$": "tuple", "v": [1]}]


def test_without_arrow_a_frame_goes_column_by_column(arena: Arena, monkeypatch: Any) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    frame = pandas.DataFrame({"n": [1, 2], "s": pandas.Series(["a", None], dtype=object)})

    _, table = source_of(frame, arena)

    assert "source" not in table
    assert table["columns"][0]["dtype"] == "<i8"
    assert table["columns"][1]["v"] == ["a", None]


def test_a_fraction_of_a_millisecond_is_refused_by_its_place(arena: Arena) -> None:
    times = pandas.to_datetime([0, 1], unit="us")

    for frame in (pandas.DataFrame({"t": times}), polars.DataFrame({"t": times.to_list()})):
        with pytest.raises(EncodingFailed, match="millisecond") as caught:
            source_of(frame, arena)
        assert caught.value.path == "inputs.df.t[1]"
