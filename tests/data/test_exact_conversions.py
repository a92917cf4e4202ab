"""What a converter makes is equal to what it was given, or it refuses by path."""

from __future__ import annotations

import datetime as dt
import decimal
from collections.abc import Callable
from typing import Any

import numpy
import pandas
import polars
import pyarrow
import pytest

from codeexec_magics.data.conversion import convert
from codeexec_magics.errors import DataError

LARGE = 2**60 + 1
NAIVE = dt.datetime(2026, 1, 2, 3, 4, 5, 678901)
AWARE = NAIVE.replace(tzinfo=dt.UTC)


def back(made: Any) -> list[dict[str, Any]]:
    """Rows of any table."""
    if isinstance(made, pandas.DataFrame):
        return made.astype(object).where(made.notna(), None).to_dict("records")
    return made.to_dicts() if isinstance(made, polars.DataFrame) else made.to_pylist()


EXACT: dict[str, list[Any]] = {
    "whole first": [1, 2.5],
    "lists": [[1], [2.5]],
    "lists of nothing": [[], None, [1]],
    "nested keys": [{"x": 1}, {"x": 2, "y": "s"}],
    "large": [LARGE, 1],
    "large and missing": [LARGE, None],
    "unsigned": [2**63, 1],
    "missing": [None, None],
    "booleans": [True, None],
    "text": ["a", None, "é\0"],
    "bytes": [b"a", None],
    "instants": [AWARE, None],
    "naive": [NAIVE, None],
    "days": [dt.date(2026, 1, 2), None],
    "times": [dt.time(1, 2, 3, 4), None],
    "durations": [dt.timedelta(1, 2, 3), None],
    "decimals": [decimal.Decimal("1.10"), decimal.Decimal(-20)],
    "structs in lists": [[{"a": 1}], [{"b": 2.5}]],
}


@pytest.mark.parametrize("converter", ["pandas", "polars", "arrow"])
@pytest.mark.parametrize("items", EXACT.values(), ids=EXACT.keys())
def test_rows_become_equal_tables(items: list[Any], converter: str) -> None:
    rows = [{"a": item} for item in items]

    made = back(convert(rows, converter, "result"))

    for row, item in zip(made, items, strict=True):
        assert without_gaps(row["a"]) == without_gaps(item)


def without_gaps(value: Any) -> Any:
    """A value, the keys of a struct that are missing left out."""
    if isinstance(value, dict):
        return {key: without_gaps(item) for key, item in value.items() if item is not None}
    if isinstance(value, (list, numpy.ndarray)):
        return [without_gaps(item) for item in value]
    return value


REFUSED: dict[str, tuple[list[Any], str]] = {
    "a boolean": ([0, True], r"result\[1\]\.a \(bool\) cannot stand beside int"),
    "text": ([1, "a"], r"result\[1\]\.a \(str\) cannot stand beside int"),
    "bytes": (["a", b"b"], r"result\[1\]\.a \(bytes\)"),
    "a day": ([NAIVE, dt.date(2026, 1, 1)], r"result\[1\]\.a \(datetime.date\)"),
    "an instant": ([dt.date(2026, 1, 1), NAIVE], r"result\[1\]\.a \(datetime.datetime"),
    "a zone": ([NAIVE, AWARE], r"result\[1\]\.a \(datetime.datetime with a zone"),
    "a set": ([{1, 2}], r"result\[0\]\.a \(set\) has no counterpart"),
    "a large number": ([0.5, LARGE], r"result\[1\]\.a \(int\) is not exact beside a fraction"),
    "a huge number": ([10**30, 1], r"result\[0\]\.a \(int\) does not fit"),
    "within a list": ([[1], [2, "x"]], r"result\[1\]\.a\[1\] \(str\)"),
    "within a struct": ([{"x": 1}, {"x": "s"}], r"result\[1\]\.a\.x \(str\)"),
    "no number": ([decimal.Decimal("NaN")], r"result\[0\]\.a \(decimal.Decimal\) is no number"),
}


@pytest.mark.parametrize("converter", ["polars", "arrow"])
@pytest.mark.parametrize(("items", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_what_a_typed_column_would_change_is_refused(
    items: list[Any], words: str, converter: str
) -> None:
    with pytest.raises(DataError, match=words):
        convert([{"a": item} for item in items], converter, "result")


def test_pandas_refuses_what_it_would_round() -> None:
    with pytest.raises(DataError, match=r"result\[1\]\.a \(int\) is not exact beside a fraction"):
        convert([{"a": 0.5}, {"a": LARGE}], "pandas", "result")


@pytest.mark.parametrize("make", [polars.DataFrame, pyarrow.table], ids=["polars", "arrow"])
def test_large_integers_beside_nothing_are_kept(make: Callable[[Any], Any]) -> None:
    made = convert(make({"a": [LARGE, None], "b": [[LARGE, None], [1]]}), "pandas", "result")

    assert made.a.tolist() == [LARGE, pandas.NA]
    assert list(made.b[0]) == [LARGE, None]


NUMPY: dict[str, tuple[Any, str]] = {
    "large beside a fraction": ([LARGE, 0.5], r"result\[0\] \(int\) is not exact"),
    "several kinds": ([1, "a", True], r"result\[1\] \(str\) cannot stand beside int"),
    "a boolean": ([[1, 2], [3, True]], r"result\[1\]\[1\] \(bool\)"),
    "zeros": (["a\0"], r"result\[0\] \(str\) would be 'a'"),
    "a frame": (pandas.DataFrame({"a": [LARGE], "b": [0.5]}), r"result\.a\[0\] .* is not exact"),
}


@pytest.mark.parametrize(("value", "words"), NUMPY.values(), ids=NUMPY.keys())
def test_an_array_that_would_change_an_item_is_refused(value: Any, words: str) -> None:
    with pytest.raises(DataError, match=words):
        convert(value, "numpy", "result")


@pytest.mark.parametrize("converter", ["polars", "arrow", "records", "numpy"])
@pytest.mark.parametrize("name", ["g", None])
def test_the_labels_of_pandas_are_columns_elsewhere(name: str | None, converter: str) -> None:
    frame = pandas.DataFrame({"x": [1, 2]}, index=pandas.Index(["u", "v"], name=name))

    made = convert(frame, converter, "result")

    if converter == "numpy":
        assert made.tolist() == [["u", 1], ["v", 2]]
    else:
        rows = made if converter == "records" else back(made)
        assert rows == [{name or "index": "u", "x": 1}, {name or "index": "v", "x": 2}]


def test_records_refuse_what_a_dict_would_lose() -> None:
    twice = pandas.DataFrame([[1, 2]], columns=["a", "a"])
    fine = polars.DataFrame({"t": [1]}, schema={"t": polars.Datetime("ns")})

    with pytest.raises(DataError, match="two columns share a name"):
        convert(twice, "records", "result")
    with pytest.raises(DataError, match=r"result\.t\[0\] has a fraction of a microsecond"):
        convert(fine, "records", "result")


def test_a_panic_of_polars_is_an_error_of_ours() -> None:
    with pytest.raises(DataError, match="cannot become arrow: PanicException"):
        convert(polars.DataFrame({"a\0b": [1]}), "arrow", "result")


@pytest.mark.parametrize("converter", ["polars", "arrow"])
def test_names_of_several_levels_are_joined(converter: str) -> None:
    columns = pandas.MultiIndex.from_tuples([("a", "x"), ("a", "y"), ("b", "")])

    made = convert(pandas.DataFrame([[1, 2, 3]], columns=columns), converter, "result")

    assert back(made) == [{"a_x": 1, "a_y": 2, "b": 3}]
