"""R: values and frames both ways, failures with their place, pictures, and how a run ends."""

from __future__ import annotations

import base64
import datetime as dt
import math
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from codeexec_magics import CodeExecutor, ExecutionResult, Transform
from codeexec_magics.engine.observer import Observer
from codeexec_magics.languages import find
from codeexec_magics.values.options import ExecutionOptions, Program
from codeexec_magics.values.results import Outcome
from codeexec_magics.values.shown import Shown

pytestmark = pytest.mark.skipif(shutil.which("R") is None, reason="R is not installed")


@pytest.fixture(scope="module", autouse=True)
def threads_of_polars() -> None:
    """Its threads have descriptors of their own, which are not an execution's."""
    pl.from_pandas(pd.DataFrame({"a": [1, None]})).select(pl.col("a").cast(pl.String))


def run(executor: CodeExecutor, source: str, *outputs: str, **inputs: object) -> ExecutionResult:
    """Run a cell whose magic's line is line 1."""
    options = ExecutionOptions(standbys=0, timeout=30, outputs=outputs)
    return executor.run(Program(source, "r", first_line=2), options, inputs)


def value_of(executor: CodeExecutor, source: str, **inputs: object) -> Any:
    result = run(executor, source, **inputs)
    assert result.success, result.error
    return result.output


def frames(result: ExecutionResult) -> list[tuple[int | None, str]]:
    assert result.trace is not None
    return [(frame.line, frame.function) for frame in result.trace.frames]


BERLIN = ZoneInfo("Europe/Berlin")
INDIA = dt.timezone(dt.timedelta(hours=5, minutes=30))
PLAIN: dict[str, Any] = {
    "none": None,
    "true": True,
    "int": -3,
    "2**31": float(2**31),
    "float": 0.1 + 0.2,
    "tiny": 5e-324,
    "-0.0": -0.0,
    "inf": -math.inf,
    "nan": math.nan,
    "text": 'ä😀"\\\n\x01',
    "empty": "",
    "bytes": b"\0\xff",
    "no bytes": b"",
    "complex": 1.5 - 2j,
    "date": dt.date(1, 1, 1),
    "naive": dt.datetime(2026, 3, 29, 2, 30, 5, 678_901),
    "utc": dt.datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=dt.UTC),
    "zone": dt.datetime(2026, 7, 1, 12, tzinfo=BERLIN),
    "offset": dt.datetime(2026, 7, 1, 12, tzinfo=INDIA),
    "duration": dt.timedelta(days=-2, microseconds=7),
    "list of none": [],
    "list of one": [5],
    "list of one date": [dt.date(2026, 1, 2)],
    "ints": [1, None, -(2**31) + 1],
    "floats": [1.5, None, math.nan],
    "booleans": [True, None, False],
    "nothing": [None, None],
    "texts": ["a", None, "NA", "ä"],
    "dates": [dt.date(2026, 1, 2), None],
    "moments": [dt.datetime(2026, 1, 2, tzinfo=BERLIN), None],
    "durations": [dt.timedelta(seconds=1.5), None],
    "mixed": [1, "x", None, [True, "y"]],
    "rows": [{"a": 1, "b": "x"}, {"a": None, "b": "y"}],
    "many rows": [{"a": n, "b": f"ä{n}", "c": None if n % 2 else 0.5} for n in range(5000)],
    "rows unlike": [{"a": n if n % 2 else "x"} for n in range(20)],
    "rows of lists": [{"a": [n]} for n in range(20)],
    "dict": {"a": 1, "b c": {"é": [1.5, 2.5]}, "if": None},
    "no items": {},
    "dollar": {"$": 1},
    "many": list(range(5000)),
    "many texts": [f"ä{n}" if n % 3 else None for n in range(3000)],
    "many moments": [dt.datetime(2026, 1, 1) + dt.timedelta(microseconds=n) for n in range(2000)],
    "large": ["x" * 100] * 1000 + [1],
}


def same(left: Any, right: Any) -> bool:
    if type(left) is not type(right):
        return False
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return list(left) == list(right) and all(same(left[key], right[key]) for key in left)
    if isinstance(left, dt.datetime):
        return (left, left.utcoffset()) == (right, right.utcoffset())
    if isinstance(left, float):
        return repr(left) == repr(right)
    return bool(left == right)


def test_plain_values_come_back_equal_and_of_their_type(executor: CodeExecutor) -> None:
    back = value_of(executor, "inputs", **PLAIN)

    assert list(back) == list(PLAIN)
    assert {key: back[key] for key in PLAIN if not same(PLAIN[key], back[key])} == {}


def test_values_have_their_kind_in_r(executor: CodeExecutor) -> None:
    source = """
kinds <- function(x) paste(class(x), collapse = " ")
lapply(inputs, kinds)"""
    kinds = value_of(executor, source, **PLAIN)

    assert {key: kinds[key] for key in ("none", "true", "int", "2**31", "text", "bytes")} == {
        "none": "NULL",
        "true": "logical",
        "int": "integer",
        "2**31": "numeric",
        "text": "character",
        "bytes": "raw",
    }
    assert {key: kinds[key] for key in ("date", "zone", "duration", "ints", "rows", "dict")} == {
        "date": "Date",
        "zone": "POSIXct POSIXt",
        "duration": "difftime",
        "ints": "integer",
        "rows": "list",
        "dict": "list",
    }
    assert value_of(executor, "c(is.na(x[2]), is.nan(x))", x=PLAIN["floats"]) == [
        *(True, False, False, True)
    ]


def test_arrays_are_vectors_and_matrices(executor: CodeExecutor) -> None:
    given = {
        "vector": np.array([1.5, 2.5]),
        "small": np.array([1, 2], "u1"),
        "one": np.array([7]),
        "flags": np.array([True, False]),
        "instants": np.array(["2026-01-02T03", "NaT"], "M8[us]"),
        "matrix": np.arange(6).reshape(2, 3),
        "cube": np.arange(24.0).reshape(2, 3, 4),
        "scalar": np.float64(1.5),
        "day": np.datetime64("2026-01-02"),
    }
    back = value_of(executor, "stopifnot(matrix[2, 1] == 3, cube[2, 3, 4] == 23)\ninputs", **given)

    assert back["vector"] == [1.5, 2.5]
    assert (back["small"], back["one"], back["flags"]) == ([1, 2], [7], [True, False])
    assert back["instants"] == [dt.datetime(2026, 1, 2, 3), None]
    assert (back["scalar"], back["day"]) == (1.5, dt.date(2026, 1, 2))
    for name in ("matrix", "cube"):
        assert back[name].dtype == given[name].dtype
        assert (back[name] == given[name]).all()


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (Decimal("1.1"), "inputs.x (decimal.Decimal) has no form in R; send float(…) or str(…)"),
        ([1, 2**53 + 1], "inputs.x[1] (int) is beyond 2**53"),
        (np.array([2**62]), "inputs.x[0] (int) is beyond 2**53"),
        (pd.DataFrame({"big": [1, 2**62]}), "inputs.x.big[1] (int) is beyond 2**53"),
        (pd.DataFrame({"d": [[1], None]}), "inputs.x.d[0] (list) has no form in a column"),
        ({"a": {1, 2}}, "inputs.x.a (set) has no form in R; send sorted(…) of it"),
        ("a\0b", "inputs.x (str) holds a NUL character"),
        (pd.DataFrame({"t": ["a", "b\0"]}), "inputs.x.t[1] (str) holds a NUL character"),
        ({1: 2}, "inputs.x[1] (int) is a key that is no text"),
        (
            pd.DataFrame({"t": pd.to_datetime(["2300-01-01 00:00:00.000001"])}),
            "inputs.x.t[0] (datetime.datetime) is finer, or farther from 1970",
        ),
        (dt.datetime(9999, 1, 1, 0, 0, 0, 1), "inputs.x (datetime.datetime) is too far from 1970"),
    ],
    ids=lambda part: str(part)[:20],
)
def test_what_r_cannot_have_is_refused_by_name(
    executor: CodeExecutor, value: object, told: str
) -> None:
    result = run(executor, "stop('never')", x=value)

    assert result.outcome is Outcome.FAILED
    assert told in (result.error or "")


REFUSED = {
    "function(x) x": "result (function) cannot be sent back",
    "globalenv()": "result (environment) cannot be sent back; send as.list(x)",
    "lm(dist ~ speed, cars)": "result (lm) cannot be sent back; send a part of it: coef(x)",
    "table(c(1, 1))": "result (table) cannot be sent back; send as.data.frame(x)",
    "list(a = 1, a = 2)": "result (list) has names of which some are missing or the same",
    "c(a = 1, 2)": "result (numeric) has names of which some are missing or the same",
    "quote(x + y)": "result (call) cannot be sent back; send deparse(x)",
    "matrix(1:4, 2, dimnames = list(NULL, c('a', 'b')))": "result (matrix) has names of rows",
    "matrix(c(1L, NA), 1)": "result (matrix) holds NA, which no array has",
    "structure(1, class = 'integer64')": "result (integer64) cannot be sent back",
    "'\\xff'": "result (character) holds bytes that are no text in UTF-8",
    "list(x = list(1, data.frame(y = I(list(1)))))": "result.x[1].y (AsIs) has no form in a column",
    "setClass('P', slots = c(x = 'numeric')); new('P', x = 1)": "send its slots: x@name",
}


def test_what_cannot_come_back_is_refused_by_name(executor: CodeExecutor) -> None:
    for source, told in REFUSED.items():
        result = run(executor, source)
        assert result.outcome is Outcome.FAILED, source
        assert told in (result.error or ""), source


FRAME = pd.DataFrame(
    {
        "item": ["a", "b", None],
        "price": [1.5, math.nan, 3.5],
        "n": [1, 2, 3],
        "small": np.array([1, 2, 3], "i2"),
        "masked": pd.array([1, None, 3], "Int64"),
        "flag": [True, False, True],
        "maybe": pd.array([True, None, False], "boolean"),
        "kind": pd.Categorical(["x", "y", "x"], categories=["y", "x"], ordered=True),
        "number": pd.Categorical([2, 1, None]),
        "naive": pd.to_datetime(["2026-03-29 02:30:00.123456", None, "1969-12-31 23:59:59.5"]),
        "zoned": pd.to_datetime(["2026-07-01"] * 3).tz_localize("Europe/Berlin"),
        "day": [dt.date(2026, 1, 2), None, dt.date(1, 1, 1)],
        "took": pd.to_timedelta(["1s", None, "-1us"]),
        "single": np.array([0.1, 2, 3], "f4"),
    }
)


def test_a_frame_is_a_data_frame_and_comes_back_as_it_was(executor: CodeExecutor) -> None:
    back = value_of(executor, "df", df=FRAME)

    pd.testing.assert_frame_equal(back, FRAME)


def test_columns_of_a_frame_have_their_kinds_in_r(executor: CodeExecutor) -> None:
    source = """
stopifnot(is.nan(df$price[2]), is.na(df$item[3]), is.na(df$masked[2]), is.na(df$maybe[2]))
stopifnot(identical(levels(df$kind), c("y", "x")), is.ordered(df$kind))
stopifnot(identical(format(df$naive[1]), "2026-03-29 02:30:00"), nrow(df) == 3)
stopifnot(identical(format(df$zoned[1], "%H %Z"), "00 CEST"))
sapply(df, function(x) class(x)[1])"""

    assert value_of(executor, source, df=FRAME) == {
        "item": "character",
        "price": "numeric",
        "n": "integer",
        "small": "integer",
        "masked": "integer",
        "flag": "logical",
        "maybe": "logical",
        "kind": "ordered",
        "number": "integer",
        "naive": "POSIXct",
        "zoned": "POSIXct",
        "day": "Date",
        "took": "difftime",
        "single": "numeric",
    }


def test_a_changed_frame_keeps_the_types_of_its_columns(executor: CodeExecutor) -> None:
    made = value_of(executor, "df$x <- df$price * 2\ndf[df$n > 1, c('n', 'small', 'x')]", df=FRAME)
    none = value_of(executor, "df[0, ]", df=FRAME)

    assert made.dtypes.astype(str).to_dict() == {"n": "int64", "small": "int16", "x": "float64"}
    assert made.index.equals(pd.RangeIndex(2))
    assert none.dtypes.equals(FRAME.dtypes)


def test_a_frame_of_r_has_the_types_of_sql(executor: CodeExecutor) -> None:
    source = """
data.frame(
  n = c(1L, NA), f = c(1, NA), s = c("a", NA), b = c(TRUE, NA), k = factor(c("u", NA)),
  t = as.POSIXct(c("2026-01-02", NA), tz = "America/New_York"), d = as.Date(c("2026-01-02", NA)),
  row.names = c("one", "two"))"""
    made = value_of(executor, source)

    assert list(made.index) == ["one", "two"]
    assert [str(dtype) for dtype in made.dtypes][:5] == [
        *("Int64", "float64", str(pd.Series(["a", None]).dtype), "boolean", "category")
    ]
    assert str(made["t"].dtype).endswith("America/New_York]")
    assert made["d"].tolist() == [dt.date(2026, 1, 2), None]
    assert list(value_of(executor, "head(mtcars, 2)").index) == ["Mazda RX4", "Mazda RX4 Wag"]


def test_frames_are_of_the_library_of_the_inputs(executor: CodeExecutor) -> None:
    frame = pl.DataFrame({"a": [1, None], "b": [math.nan, None], "c": ["x", None]})
    polars = value_of(executor, "df$d <- 1:2; df", df=frame)
    assert polars.equals(frame.with_columns(d=pl.Series([1, 2])))
    table = value_of(executor, "df", df=pa.table({"a": [1, 2]}))
    assert table.equals(pa.table({"a": [1, 2]}))
    result = executor.execute("mtcars", "r", converter="polars")
    assert result.output.columns[:2] == ["index", "mpg"]


def test_named_levels_of_an_index_are_columns(executor: CodeExecutor) -> None:
    frame = pd.DataFrame({"a": [1, 2]}, index=pd.Index(["x", "y"], name="key"))

    assert value_of(executor, "names(df)", df=frame) == ["key", "a"]


def test_many_rows_go_and_come(executor: CodeExecutor) -> None:
    count = 100_000
    frame = pd.DataFrame(
        {
            "n": np.arange(count),
            "x": np.arange(count) / 3,
            "t": [f"ä{n}" for n in range(count)],
            "when": pd.date_range("2026", periods=count, freq="s"),
        }
    )

    pd.testing.assert_frame_equal(value_of(executor, "df", df=frame), frame)


def test_int64_of_bit64_is_exact_in_a_frame(executor: CodeExecutor) -> None:
    # As bit64 has it: the bits of 2**62 and 1, and the mark of what is missing, in doubles.
    source = """
bits <- as.raw(c(0,0,0,0,0,0,0,64, 1,0,0,0,0,0,0,0, 0,0,0,0,0,0,0,128))
x <- structure(readBin(bits, "double", 3), class = "integer64")
structure(list(x = x), class = "data.frame", row.names = 1:3)"""

    assert value_of(executor, source)["x"].tolist() == [2**62, 1, pd.NA]


def test_named_cells_know_their_names(executor: CodeExecutor) -> None:
    assert run(executor, "total <- a + b", "total", a=1, b=2).output == 3
    assert run(executor, "p <- 1L; q <- 'x'", "p", "q").output == {"p": 1, "q": "x"}
    assert run(executor, "m <- 1; 5L", "m").output == 5
    nothing = run(executor, "x <- 1", "total")
    assert nothing.outcome is Outcome.FAILED
    assert "total" in (nothing.error or "")


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("transform <- function(a, b = 10L) a + b", 3),
        ("transform <- function(a, c = 10L) a + c", 11),
        ("transform <- function(x) x$a + x$b", 3),
        ("transform <- function(...) sum(...)", 3),
        ("transform <- function() 7L", 7),
        ("transform <- function(inputs, a) names(inputs)", ["a", "b"]),
    ],
)
def test_transform_is_called_by_its_parameters(
    executor: CodeExecutor, source: str, value: object
) -> None:
    assert value_of(executor, source, a=1, b=2) == value


def test_visible_values_before_the_last_are_printed(executor: CodeExecutor) -> None:
    result = run(executor, "1:3\nx <- 2\ninvisible(3)\n'a'\nprint('b')")

    assert result.stdout == '[1] 1 2 3\n[1] "a"\n[1] "b"\n'
    assert result.output is None
    assert run(executor, "x <- 5\n(x)\n").output == 5


def test_a_failure_has_its_line_and_span_inside_functions(executor: CodeExecutor) -> None:
    result = run(executor, 'f <- function(x) {\n  y <- x + "a"\n}\n\nf(1)')

    assert result.error == "Error: non-numeric argument to binary operator"
    assert frames(result) == [(6, ""), (3, "f")]
    assert result.trace is not None
    last = result.trace.frames[-1]
    assert (last.column, last.end_column) == (8, 15)
    assert last.excerpt[last.line - last.excerpt_start] == '  y <- x + "a"'  # type: ignore[operator, index]


@pytest.mark.parametrize(
    ("source", "error", "places"),
    [
        ("if (TRUE) {\n  stop('x')\n}", "Error: x", [(3, "")]),
        ("sapply(1:2, function(i) {\n  stop('x')\n})", "Error: x", [(2, ""), (3, "FUN")]),
        (
            "f <- function() g()\ng <- function() {\n  h()\n}\nf()",
            None,
            [(6, ""), (2, "f"), (4, "g")],
        ),
        (
            "tryCatch(stop('a'), error = function(e) {\n  stop('b')\n})",
            "Error: b",
            [(2, ""), (3, "value[[3L]]")],
        ),
        (
            "e <- simpleError('m')\nclass(e) <- c('mine', class(e))\nstop(e)",
            "mine: m",
            [(4, "")],
        ),
        ("x <- 1\nreturn(x)", None, [(3, "")]),
        ("x <- 1 +\n* 2", "SyntaxError: unexpected '*'", [(3, "")]),
        ("f <- function() {\n", "SyntaxError: unexpected end of input", [(2, "")]),
        ("library(nope)", "packageNotFoundError: there is no package called ‘nope’", [(2, "")]),
    ],
)
def test_failures(
    executor: CodeExecutor, source: str, error: str | None, places: list[Any]
) -> None:
    result = run(executor, source)

    assert result.outcome is Outcome.FAILED
    assert error is None or result.error == error
    assert frames(result) == places


def test_endless_recursion_is_a_failure(executor: CodeExecutor) -> None:
    result = run(executor, "f <- function(n) f(n + 1)\nf(1)")

    assert result.outcome is Outcome.FAILED
    assert frames(result)[0] == (3, "")
    assert len(frames(result)) <= 100


def test_nothing_runs_where_the_syntax_is_wrong(executor: CodeExecutor, tmp_path: Path) -> None:
    options = ExecutionOptions(standbys=0, directory=str(tmp_path))

    result = executor.run(Program("file.create('ran')\nx = = 2", "r"), options)

    assert (result.error or "").startswith("SyntaxError: ")
    assert not list(tmp_path.iterdir())


def test_warnings_come_at_once_and_name_their_call(executor: CodeExecutor) -> None:
    source = """
warning("first")
f <- function() warning("second")
f()
cat("between\\n", file = stderr())
suppressWarnings(warning("never"))
as.integer("x")
try(log(-1), silent = TRUE)
invisible()"""
    result = run(executor, source)

    told = result.stderr.splitlines()
    assert told[:3] == ["Warning: first", "Warning in f() : second", "between"]
    assert "never" not in result.stderr
    assert "NAs introduced by coercion" in result.stderr
    assert result.success


def test_output_is_live(executor: CodeExecutor, tmp_path: Path) -> None:
    seen: list[str] = []

    def look(stream: str, text: str) -> None:
        seen.append(text)
        (tmp_path / "go").touch()

    source = "cat('first\\n')\nwhile (!file.exists('go')) Sys.sleep(0.01)\n1L"
    options = ExecutionOptions(standbys=0, timeout=30, directory=str(tmp_path))
    result = executor.run(Program(source, "r"), options, observer=Observer(output=look))

    assert (result.output, "".join(seen)) == (1, "first\n")


def pictures(result: ExecutionResult) -> list[bytes]:
    return [
        base64.b64decode(display["image/png"])
        for display in result.displays
        if "image/png" in display
    ]


def test_figures_are_pictures_the_same_each_time(executor: CodeExecutor) -> None:
    source = "plot(1:3)\nlines(3:1)\nhist(c(1, 2, 2)); 5"
    first, second = run(executor, source), run(executor, source)

    assert (first.output, first.error) == (5, None)
    assert len(pictures(first)) == 2
    assert all(picture.startswith(b"\x89PNG") for picture in pictures(first))
    assert pictures(first) == pictures(second)


def test_figures_before_a_failure_and_closed_by_hand_are_shown(executor: CodeExecutor) -> None:
    failed = run(executor, "plot(1:3)\nstop('x')")
    assert (failed.outcome, len(pictures(failed))) == (Outcome.FAILED, 1)
    closed = run(executor, "plot(1:3); d <- dev.off(); barplot(1:3); graphics.off(); plot(2); 1L")
    assert (closed.output, len(pictures(closed))) == (1, 3)


def test_a_device_of_the_programs_own_is_its_own(executor: CodeExecutor, tmp_path: Path) -> None:
    result = executor.execute(
        "png('own.png'); plot(1:3); invisible(dev.off())", "r", directory=str(tmp_path)
    )

    assert pictures(result) == []
    assert (tmp_path / "own.png").exists()
    small = run(executor, "options(codeexec.figure = c(2, 1)); plot.new()")
    assert pictures(small)[0][16:24] == bytes([0, 0, 0, 192, 0, 0, 0, 96])


def test_a_value_that_stays_is_shown_as_r_shows_it(executor: CodeExecutor) -> None:
    options = ExecutionOptions(standbys=0, keep=False)
    result = executor.run(Program("lm(dist ~ speed, cars)", "r"), options)

    assert result.success, result.error
    assert isinstance(result.output, Shown)
    assert (result.output.type, "Coefficients:" in result.output.text) == ("lm", True)
    long = executor.run(Program("function() '" + "x" * 70_000 + "'", "r"), options)
    assert isinstance(long.output, Shown)
    plain = executor.run(Program("mtcars", "r"), options)
    assert isinstance(plain.output, pd.DataFrame)


def test_an_interrupt_names_its_line(executor: CodeExecutor) -> None:
    options = ExecutionOptions(standbys=0, timeout=0.3, grace=5)
    source = "f <- function() {\n  while (TRUE) {}\n}\nf()"

    result = executor.run(Program(source, "r", first_line=2), options)

    assert result.outcome is Outcome.TIMED_OUT
    assert frames(result) == [(5, ""), (3, "f")]


def test_an_interrupt_ends_a_command_and_what_waits_for_it(executor: CodeExecutor) -> None:
    options = ExecutionOptions(standbys=0, timeout=0.5, grace=10)
    source = "system('sleep 600')\nwhile (TRUE) Sys.sleep(1)"

    result = executor.run(Program(source, "r", first_line=2), options)

    assert (result.outcome, result.receipt.left) == (Outcome.TIMED_OUT, 0)
    assert result.execution_time < 8


def test_clean_up_runs_after_an_interrupt(executor: CodeExecutor, tmp_path: Path) -> None:
    options = ExecutionOptions(standbys=0, timeout=0.3, grace=5, directory=str(tmp_path))
    source = "f <- function() {\n  on.exit(file.create('clean'))\n  repeat Sys.sleep(1)\n}\nf()"

    executor.run(Program(source, "r"), options)

    assert (tmp_path / "clean").exists()


@pytest.mark.parametrize(
    "program",
    [
        "tools::pskill(Sys.getpid(), 9)",
        "tools::pskill(Sys.getpid(), 11)",
        "quit(status = 3)",
        "invokeRestart('abort')",
        "closeAllConnections(); quit(status = 4)",
        "writeLines('nonsense', file('/dev/fd/4', 'w', raw = TRUE)); closeAllConnections()",
        'system(\'echo \\\'{"type":"result","text":5,"buffers":[]}\\\' >&4\'); Sys.sleep(9)',
        'system(\'echo \\\'{"type":"error","frames":[{"line":"x"}]}\\\' >&4\'); Sys.sleep(9)',
        'system(\'echo \\\'{"type":"stopped","frames":5}\\\' >&4\'); Sys.sleep(9)',
        "system('kill -9 $PPID')",
        "tools::pskill(as.integer(system('ps -o ppid= -p $PPID', intern = TRUE)), 9); Sys.sleep(600)",  # noqa: E501
        "system('setsid sleep 600 & nohup sleep 600 >/dev/null &'); quit(status = 1)",
        "for (i in 1:5) parallel::mcparallel(Sys.sleep(600), detached = TRUE); quit(status = 1)",
        "tools::pskill(Sys.getpid(), 19)",
    ],
)
def test_whatever_it_does_nothing_is_left(executor: CodeExecutor, program: str) -> None:
    options = ExecutionOptions(standbys=0, timeout=3, grace=0.2, processes=200)

    result = executor.run(Program(program, "r"), options)

    assert not result.success
    assert result.receipt.left == 0


def test_children_of_parallel_work(executor: CodeExecutor) -> None:
    source = "unlist(parallel::mclapply(1:4, function(n) n * 2L, mc.cores = 2))"

    assert value_of(executor, source) == [2, 4, 6, 8]


def test_a_program_may_close_and_divert_what_it_likes(executor: CodeExecutor) -> None:
    assert value_of(executor, "closeAllConnections(); rm(list = ls()); 1L", a=1) == 1
    diverted = run(executor, "sink(tempfile()); print('never'); list(a = 1L)")
    assert (diverted.output, diverted.stdout) == ({"a": 1}, "")
    assert value_of(executor, "c <- function(...) stop('mine'); print <- NULL; setwd('/'); 2L") == 2


ODD = {
    "": None,
    "# nothing": None,
    "1L\r\n2L\r\n": 2,
    "\ufeff3L": 3,
    "4L": 4,
    "# " + "x" * 200_000 + "\n5L": 5,
    "x <- '" + "y" * 1_000_000 + "'; nchar(x)": 1_000_000,
    "`a b` + `if` + inputs": 6,
}


def test_odd_bodies(executor: CodeExecutor) -> None:
    for source, value in ODD.items():
        given = {"a b": 1, "if": 2, "inputs": 3} if "inputs" in source else {}
        assert value_of(executor, source, **given) == value, source[:20]


def test_a_nul_in_a_body_is_named(executor: CodeExecutor) -> None:
    result = run(executor, "x <- 1\ny <- '\0'")

    assert (result.error or "").startswith("SyntaxError: ")
    assert frames(result) == [(3, "")]


def test_r_that_is_not_there(executor: CodeExecutor) -> None:
    result = executor.run(Program("1", "r"), ExecutionOptions(environment={"PATH": "/nowhere"}))

    assert "there is no 'R'; install it (apt install r-base-core)" in (result.error or "")


def test_a_program_tells_its_parameters_and_what_it_does() -> None:
    source = (
        "# Not this.\nx <- 1\n\n#' Keeps what is dear.\n#' Twice.\n"
        'transform <- function(df, limit = c(1, 2), # a, b\n  sep = "),", ...) {\n  df\n}\n'
    )
    described = find("r").description(Program(source, "r"), ())

    assert str(described.signature) == '(df, limit=c(1, 2), sep="),", **inputs)'
    assert described.documentation == "Keeps what is dear.\nTwice."
    plain = find("r").description(Program("# Says five.\n5", "r"), ("a",))
    assert (str(plain.signature), plain.documentation) == ("(a)", "Says five.")
    odd = find("r").description(Program("transform <- function(my.df) 1", "r"), ("my",))
    assert str(odd.signature) == "(my)"


def test_a_transform_is_called_with_its_defaults(executor: CodeExecutor) -> None:
    program = Program("transform <- function(n, by = 2L) n * by", "r")
    double = Transform("double", program, ExecutionOptions(standbys=0))

    assert (double(4), double(4, by=3)) == (8, 12)


def test_a_sandboxed_program_has_its_frames_and_pictures(executor: CodeExecutor) -> None:
    options = ExecutionOptions(standbys=0, sandbox=True)

    result = executor.run(Program("plot(1:3); df", "r"), options, {"df": FRAME})

    assert result.success, result.error
    pd.testing.assert_frame_equal(result.output, FRAME)
    assert len(pictures(result)) == 1


def test_the_reason_of_a_failure_that_only_a_warning_tells(executor: CodeExecutor) -> None:
    result = run(executor, "readLines('/no/such')")

    assert result.trace is not None
    assert "No such file or directory" in result.trace.notes[0]


def test_the_doctor_knows_its_version(executor: CodeExecutor) -> None:
    assert value_of(executor, find("r").probe).startswith("R version ")
