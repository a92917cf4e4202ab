"""What JavaScript makes of a frame has the types of that frame, and an untouched one is itself."""

from __future__ import annotations

import datetime as dt
import decimal
import re
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from codeexec_magics import CodeExecutor

BERLIN = ZoneInfo("Europe/Berlin")
FRAME = pd.DataFrame(
    {
        "i": [1, 2, 3],
        "p": [1.0, 2.0, np.nan],
        "f": np.array([1, 2, 3], dtype="f4"),
        "u": np.array([1, 2, 255], dtype="u1"),
        "s": ["a", None, "c"],
        "c": pd.Categorical(["x", "y", None], categories=["z", "y", "x"], ordered=True),
        "d": pd.to_datetime(["2020-01-01", "2020-01-02", None]).astype("datetime64[ns]"),
        "z": pd.to_datetime(["2020-01-01", "2020-01-02", None]).tz_localize("Europe/Berlin"),
        "I": pd.array([1, None, 3], dtype="Int64"),
        "b": [True, False, True],
        "B": pd.array([True, None, False], dtype="boolean"),
        "o": np.array([decimal.Decimal("1.10"), None, decimal.Decimal(2)], dtype=object),
        "t": pd.to_timedelta([1, 2, None], unit="s"),
    }
)
POLARS = pl.DataFrame(
    {
        "i": pl.Series([1, 2, None], dtype=pl.Int8),
        "p": [1.0, None, float("nan")],
        "e": pl.Series(["b", None, "a"], dtype=pl.Enum(["a", "b", "c"])),
        "c": pl.Series(["b", None, "a"], dtype=pl.Categorical),
        "d": [dt.date(2020, 1, 1), None, dt.date(2020, 1, 2)],
        "t": [dt.datetime(2020, 1, 1), None, dt.datetime(2020, 1, 2)],
        "z": pl.Series([dt.datetime(2020, 1, 1, tzinfo=BERLIN), None, None]),
        "l": [[1], None, []],
        "r": [{"a": 1}, None, {"a": None}],
        "x": [decimal.Decimal("1.10"), None, decimal.Decimal("2.00")],
        "m": [dt.timedelta(1), None, dt.timedelta(0, 1)],
        "h": [dt.time(1), None, dt.time(2)],
    }
)
ARROW = POLARS.to_arrow()
FRAMES = {"pandas": FRAME, "polars": POLARS, "arrow": ARROW}


def taken(frame: Any, places: list[int]) -> Any:
    """The rows of a frame at these places."""
    if isinstance(frame, pd.DataFrame):
        return frame.iloc[places].reset_index(drop=True)
    if isinstance(frame, pl.DataFrame):
        return frame[places] if places else frame.clear()
    return frame.take(pa.array(places, pa.int64()))


def assert_same(made: Any, wanted: Any) -> None:
    """Types and values agree."""
    assert type(made) is type(wanted)
    if isinstance(made, pd.DataFrame):
        pd.testing.assert_frame_equal(made, wanted)
    elif isinstance(made, pl.DataFrame):
        assert made.schema == wanted.schema
        assert made.equals(wanted, null_equal=True)
    else:
        assert made.schema.equals(wanted.schema)
        assert repr(made.to_pylist()) == repr(wanted.to_pylist())


ROWS = [
    ("df.filter(row => row.i != 2)", [0, 2]),
    ("df.filter(row => row.i === 1)", [0]),
    ("df.filter(row => false)", []),
    ("df.filter(row => row.i > 0).filter(row => false)", []),
    ("df.slice(9)", []),
    ("df.filter(row => false).map(row => ({ ...row }))", []),
    ("df.slice(1)", [1, 2]),
    ("df.toReversed()", [2, 1, 0]),
    ("[...df].sort((a, b) => a.d - b.d || a.i - b.i).map(row => row)", None),
    ("df.map(row => ({ ...row }))", [0, 1, 2]),
    ("df.map(({ ...rest }) => rest)", [0, 1, 2]),
    ("[df[1]]", [1]),
    ("df.columns", [0, 1, 2]),
    ("({ ...df.columns })", [0, 1, 2]),
    ("df.pop(); df", [0, 1]),
]


@pytest.mark.parametrize(("program", "places"), ROWS, ids=[text for text, _ in ROWS])
def test_rows_and_columns_have_the_types_of_their_frame(
    executor: CodeExecutor, program: str, places: list[int] | None
) -> None:
    for converter, frame in FRAMES.items():
        result = executor.execute_javascript(program, {"df": frame}, converter=converter)

        assert result.success, result.error
        if places is not None:
            assert_same(result.output, taken(frame, places))


EMPTY = [
    ("[...df].filter(r => false)", "ab"),
    ("const rows = [...df]; rows.filter(r => r.a > 9).sort()", "ab"),
    ("function transform({ df }) { return [...df].filter(r => r.a > 9) }", "ab"),
    ("const transform = ({ df }) => Array.from(df).filter(r => r.a > 9)", "ab"),
    ("[...df].filter(r => r.a > 9).map(r => ({ ...r, c: 1 }))", "abc"),
    ("await 0; [...inputs.df].filter(r => false)", "ab"),
    ("function transform(df) { const no = [...df].slice(9); return no }", "ab"),
    ("const out = []; for (const r of [...df]) if (r.a > 9) out.push({ n: r.a }); out", ""),
    ("[...df].map(r => r.a).filter(r => false)", ""),
    ("[]", ""),
]


@pytest.mark.parametrize("language", ["javascript", "typescript"])
def test_a_choice_of_none_from_a_copy_has_the_columns_of_its_frame(
    executor: CodeExecutor, language: str
) -> None:
    frame = pd.DataFrame({"a": [1.5, 2], "b": ["x", "y"]})
    for program, names in EMPTY:
        made = executor.execute(program, language, inputs={"df": frame}, converter="pandas").output
        assert (len(made), "".join(made.columns)) == (0, names), program
        if "a" in made:
            assert made.dtypes["a"] == np.dtype("f8")


@pytest.mark.parametrize("name", FRAMES)
def test_an_untouched_frame_is_the_kernels_own(executor: CodeExecutor, name: str) -> None:
    program = "df[0].i; df.map(row => row.p); df.columns.p; ({ df, list: [df] })"

    made = executor.execute_javascript(program, {"df": FRAMES[name]}).output

    assert made["df"] is FRAMES[name]
    assert made["list"][0] is FRAMES[name]


ODD = [
    pd.DataFrame({"o": [[1], {"a": 1}, None]}),
    pd.DataFrame({"o": [True, None]}),
    pd.DataFrame({"s": pd.arrays.SparseArray([0, 0, 1])}),
    pd.DataFrame({"a": [1]}, index=["x"]),
    pd.DataFrame({("a", "b"): [1]}),
    pd.Series([1, 2], index=["x", "y"]),
    pd.Series(pd.to_datetime(["2020-01-01"]).tz_localize("Europe/Berlin")),
    pd.DatetimeIndex(["2020-01-01"], tz="UTC"),
    pl.Series([1, None]),
    pa.array([1, None]),
    pd.Timestamp("2020-01-01", tz="Europe/Berlin"),
    dt.datetime(2020, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=1), "mine")),
]


def test_what_only_python_has_comes_back_as_itself(executor: CodeExecutor) -> None:
    made = executor.execute_javascript("values.map((value) => value)", {"values": ODD}).output

    assert [one is other for one, other in zip(made, ODD, strict=True)] == [True] * len(ODD)


def test_rows_have_null_for_what_pandas_counts_as_missing(executor: CodeExecutor) -> None:
    frame = pd.DataFrame({"p": [1.0, np.nan], "o": np.array([np.nan, "x"], dtype=object)})
    program = """[df.filter(row => row.p != null).length, df.filter(row => row.o == null).length,
      df.columns.p[1], df[1]]"""

    kept, missing, nan, row = executor.execute_javascript(program, {"df": frame}).output

    assert (kept, missing) == (1, 1)
    assert np.isnan(nan)
    assert row == {"p": None, "o": "x"}


def test_a_list_of_rows_has_what_the_columns_had(executor: CodeExecutor) -> None:
    (row, *_) = executor.execute_javascript("df.filter(row => row.i < 3)", {"df": FRAME}).output
    dates = executor.execute_javascript("df.map(row => row.d)", {"df": FRAME}).output

    assert [type(row[name]) for name in "ipf"] == [int, float, float]
    assert row["d"] == dt.datetime(2020, 1, 1)
    assert row["z"] == dt.datetime(2020, 1, 1, tzinfo=BERLIN)
    assert row["z"].tzinfo is BERLIN
    assert dates == [dt.datetime(2020, 1, 1), dt.datetime(2020, 1, 2), None]


def test_dates_among_the_objects_of_pandas_stay_what_they_are(executor: CodeExecutor) -> None:
    items = [dt.date(2020, 1, 1), None, dt.date(2020, 1, 2)]
    frame = pd.DataFrame({"d": pd.Series(items, dtype=object)})
    for program in ("df.map(row => row.d)", "df.columns.d"):
        assert executor.execute_javascript(program, {"df": frame}).output == items
    rows = executor.execute_javascript(
        "df.map(row => ({ ...row }))", {"df": frame}, converter="pandas"
    )
    assert_same(rows.output, frame)


def test_types_do_not_depend_on_how_many_rows_there_are(executor: CodeExecutor) -> None:
    for count in (1, 2000):
        frame = pd.concat([FRAME.iloc[:2]] * count, ignore_index=True)
        made = executor.execute_javascript(
            "df.map(row => ({ ...row, more: row.p + 0.5 }))", {"df": frame}, converter="pandas"
        ).output
        rows = executor.execute_javascript("df.slice()", {"df": frame}).output

        assert_same(made.drop(columns="more"), frame)
        assert made.more.tolist() == (frame.p + 0.5).tolist()
        assert rows[-1]["p"] == 2.0
        assert type(rows[-1]["p"]) is float
        assert (rows[-1]["s"], rows[-1]["d"]) == (None, dt.datetime(2020, 1, 2))


@pytest.mark.parametrize("name", ["polars", "arrow"])
def test_types_of_pandas_do_not_depend_on_the_rows_that_are_there(
    executor: CodeExecutor, name: str
) -> None:
    whole = POLARS.select("e", "c", "d", "t", "l", "m").with_columns(s=pl.Series(["a", None, "b"]))
    frame = whole if name == "polars" else whole.to_arrow()
    untouched = executor.execute_javascript("df", {"df": frame}, converter="pandas").output

    for program in ("df.slice(0)", "df.slice(1, 2)", "df.filter(row => false)", "df.columns"):
        made = executor.execute_javascript(program, {"df": frame}, converter="pandas").output

        assert made.dtypes.to_dict() == untouched.dtypes.to_dict(), program
    assert untouched.c.dtype == "category"


def test_large_integers_beside_missing_ones_are_exact_in_pandas(executor: CodeExecutor) -> None:
    program = "[{a: 2n ** 53n + 1n, b: 2n ** 63n}, {a: null, b: null}]"

    made = executor.execute_javascript(program, converter="pandas").output

    assert made.dtypes.astype(str).to_dict() == {"a": "Int64", "b": "UInt64"}
    assert (made.a[0], made.b[0]) == (2**53 + 1, 2**63)


@pytest.mark.parametrize("name", FRAMES)
def test_columns_that_are_changed_are_those_of_the_frame_that_comes_back(
    executor: CodeExecutor, name: str
) -> None:
    frame = FRAMES[name]
    program = """
    df.columns.i = df.columns.i.map(x => x === null ? null : x * 10)
    df.columns.total = [1.5, 2, 2.5]
    delete df.columns.z
    df.columns.p[0] = 7
    df
    """

    made = executor.execute_javascript(program, {"df": frame}).output

    if name == "pandas":
        wanted = frame.assign(i=frame.i * 10, total=[1.5, 2, 2.5]).drop(columns="z")
        wanted.loc[0, "p"] = 7
    else:
        base = pl.DataFrame(frame)
        changed = [pl.col("i") * 10, pl.Series("p", [7.0, *base["p"][1:]])]
        wanted = base.with_columns(*changed, total=pl.Series([1.5, 2, 2.5])).drop("z")
        wanted = wanted if name == "polars" else wanted.to_arrow().cast(made.schema)
    assert_same(made, wanted)


def test_a_frame_keeps_its_index_and_attributes_when_columns_change(executor: CodeExecutor) -> None:
    frame = pd.DataFrame({"x": [1, 2]}, index=pd.Index(["u", "v"], name="g"))
    frame.attrs["a"] = 1

    def run(program: str) -> Any:
        return executor.execute_javascript(program, {"df": frame}).output

    kept = run("df.columns.x = [3, 4]; df")
    without = run("delete df.columns.g; df")

    pd.testing.assert_frame_equal(kept, frame.assign(x=[3, 4]))
    assert kept.attrs == {"a": 1}
    pd.testing.assert_frame_equal(without, frame.reset_index(drop=True))
    assert frame.x.tolist() == [1, 2]


REFUSED = [
    ("df.columns.s = []; df", r"result\.columns\.s \(Array\) has 0 items, and the frame 3 rows"),
    ("df.columns.s = 5; df", r"result\.columns\.s \(number\) is no column"),
    ("df.total = [1, 2, 3]; df", r'has a property "total".*assign df\.columns\["total"\]'),
    ("df[0].i = 5; df.columns.s = ['', '', '']; df", "changed columns, which its changed rows"),
    ("df.columns = null; df", "has lost its columns"),
]


@pytest.mark.parametrize(("program", "words"), REFUSED, ids=[text for text, _ in REFUSED])
def test_a_change_that_no_frame_can_have_is_refused(
    executor: CodeExecutor, program: str, words: str
) -> None:
    result = executor.execute_javascript(program, {"df": FRAME})

    assert not result.success
    assert re.search(words, str(result.error))
