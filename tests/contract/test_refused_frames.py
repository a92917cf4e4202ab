"""What other languages have no form for, of pandas, polars and Arrow: told, and what to do."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from codeexec_magics import CodeExecutor

DAY = dt.datetime(1970, 1, 1)
FINE = pd.Timestamp("2020-01-01 00:00:00.123456789")
HOUR = pl.DataFrame({"t": pl.Series([3_600_000_000_001]).cast(pl.Time)})
TIMES = pa.table({"t": pa.array([3_600_000_000_001], pa.time64("ns"))})
PERIODS = pd.DataFrame({"p": pd.period_range("2020-01", "2020-02", freq="M")})
INTERVALS = pd.DataFrame({"p": pd.interval_range(0, 1)})
TWICE = pd.DataFrame([[1, 2]], columns=["a", "a"])
SHORT = pd.DataFrame({"t": pd.to_timedelta([1500], unit="ns")})

ADVICE: list[tuple[Any, str, Any, Any]] = [
    (PERIODS, ".astype(str)", lambda x: x.astype(str), [{"p": "2020-01"}, {"p": "2020-02"}]),
    (INTERVALS, ".astype(str)", lambda x: x.astype(str), [{"p": "(0, 1]"}]),
    (pd.Period("2020-01"), "str(…)", str, "2020-01"),
    (pd.Interval(0, 1), "str(…)", str, "(0, 1]"),
    (TWICE, "rename one", lambda x: x.set_axis(["a", "b"], axis=1), [{"a": 1, "b": 2}]),
    (pd.DataFrame({1.5: [1]}), "df.columns = ", lambda x: x.set_axis(["a"], axis=1), [{"a": 1}]),
    (SHORT, '.dt.floor("us")', lambda x: x.t.dt.floor("us"), [dt.timedelta(microseconds=1)]),
    (pd.Timedelta(1500, "ns"), '.floor("us")', lambda x: x.floor("us"), pd.Timedelta(1000, "ns")),
    (FINE, '.floor("ms")', lambda x: x.floor("ms"), FINE.floor("ms")),
    (pd.Series([FINE]), '.dt.floor("ms")', lambda x: x.dt.floor("ms"), [FINE.floor("ms")]),
    (pl.LazyFrame({"a": [1]}), ".collect()", lambda x: x.collect(), [{"a": 1}]),
    (HOUR, '.dt.to_string("%T%.9f")', lambda x: x["t"].dt.to_string("%T%.9f"), None),
    (
        pl.Series([[1_000_500]]).cast(pl.List(pl.Datetime("ns"))),
        "cast it to microseconds",
        lambda x: x.cast(pl.List(pl.Datetime("us"))),
        None,
    ),
    (pa.scalar(1), ".as_py()", lambda x: x.as_py(), 1),
    (
        TIMES,
        "with safe=False",
        lambda x: x["t"].cast(pa.time64("us"), safe=False),
        [dt.time(1)],
    ),
    (
        pa.table([[1], [2]], names=["a", "a"]),
        "rename one",
        lambda x: x.rename_columns(["a", "b"]),
        None,
    ),
]


@pytest.mark.parametrize("case", ADVICE, ids=lambda case: f"{type(case[0]).__name__} {case[1]}")
def test_what_a_hint_advises_goes_through_and_is_equal(executor: CodeExecutor, case: Any) -> None:
    value, advice, act, wanted = case

    refused = executor.execute_javascript("x", {"x": value})
    advised = executor.execute_javascript("x.map?.(item => item) ?? x", {"x": act(value)})

    assert not refused.success
    assert str(refused.error).startswith("EncodingFailed: inputs.x")
    assert advice in str(refused.error)
    assert advised.success, advised.error
    if wanted is not None:
        assert advised.output == wanted


def test_an_index_of_several_levels_is_a_list_of_tuples(executor: CodeExecutor) -> None:
    index = pd.MultiIndex.from_tuples([(1, "a"), (2, "b")])

    assert executor.execute_javascript("x.map(([n, s]) => s + n)", {"x": index}).output == [
        "a1",
        "b2",
    ]
    assert executor.execute_javascript("x", {"x": index}).output is index


MICROSECONDS: list[Any] = [
    dt.datetime(1969, 1, 1, 1, 1, 1, 123999),
    dt.datetime(2020, 1, 1, 1, 1, 1, 123999, dt.UTC),
    FINE,
    FINE.tz_localize("Europe/Berlin"),
    FINE.to_datetime64(),
    pd.DataFrame({"t": [FINE, pd.NaT]}),
    pd.DataFrame({"t": pd.Series([DAY.replace(microsecond=1), None], dtype=object)}),
    pl.DataFrame(
        {"t": [DAY.replace(microsecond=1), None], "l": [[DAY.replace(microsecond=1)]] * 2}
    ),
    pl.DataFrame({"t": [DAY.replace(microsecond=1)]}).to_arrow(),
    pd.Series([FINE]),
]


def first_of(value: Any) -> Any:
    """The first instant of a value, or itself."""
    if hasattr(value, "iloc"):
        return value.iloc[0] if value.ndim == 1 else value.t.iloc[0]
    first = value["t"][0] if hasattr(value, "columns") else value
    return first.as_py() if hasattr(first, "as_py") else first


@pytest.mark.parametrize("language", ["javascript", "typescript"])
def test_what_is_finer_than_a_date_is_cut_off_where_it_is_asked_for(
    executor: CodeExecutor, language: str
) -> None:
    first = "(x.map ? x[0].t ?? x[0] : x).getTime()"
    if language == "typescript":
        first = first.replace("x", "(x as any)")
    for value in MICROSECONDS:
        refused = executor.execute(first, language, inputs={"x": value})
        assert "add --milliseconds" in str(refused.error)

        cut = executor.execute(
            f"[{first}, x]", language, inputs={"x": value}, settings={"milliseconds": ""}
        )
        assert cut.error is None
        assert cut.output[0] == pd.Timestamp(first_of(value)).value // 1_000_000
        if hasattr(value, "columns"):
            assert cut.output[1] is value
        elif isinstance(value, dt.datetime):
            assert cut.output[1] == value


def test_names_that_labels_are_given_are_told(executor: CodeExecutor) -> None:
    labels = pd.MultiIndex.from_tuples([("a", "b"), ("a", "c")])
    inputs = {
        "one": pd.DataFrame({"n": [1]}, index=["x"]),
        "series": pd.Series([1, 2], index=["a", "b"]),
        "two": pd.DataFrame({"n": [1]}, index=labels[:1]),
        "wide": pd.DataFrame([[1, 2]], columns=labels),
        "named": pd.DataFrame({"n": [1]}, index=pd.Index(["x"], name="k")),
        "plain": pd.DataFrame({"n": [1]}),
    }
    result = executor.execute_javascript("Object.keys(inputs).length", inputs)

    assert result.remark.split("; ") == [
        "inputs.one: its labels are the column 'index'",
        "inputs.series: its labels are the column 'index'",
        "inputs.two: its labels are the columns 'level_0' and 'level_1'",
        "inputs.wide: the column ('a', 'b') is 'a_b'",
    ]
    assert executor.execute_python("1", inputs).remark == ""
