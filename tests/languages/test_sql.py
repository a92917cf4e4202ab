"""SQL over frames, parameters and files: exact values, errors at the words, limits that hold."""

from __future__ import annotations

import decimal
import fractions
import time as time_module
import uuid
from datetime import date, datetime, time, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from codeexec_magics import CodeExecutor, ExecutionResult
from codeexec_magics.engine.runs import runs
from codeexec_magics.values.options import ExecutionOptions, Program
from codeexec_magics.values.results import Outcome

FRAME = pd.DataFrame({"item": ["a", "b", "c"], "price": [1.5, 2.5, 3.5], "n": [1, 2, 3]})
POLARS = pl.from_pandas(FRAME)


def run(
    executor: CodeExecutor, source: str, inputs: dict[str, object] | None = None, **options: object
) -> ExecutionResult:
    """Run a cell whose magic's line is line 1."""
    given = ExecutionOptions(standbys=0, **{"timeout": 30, **options})  # type: ignore[arg-type]
    return executor.run(Program(source, "sql", first_line=2), given, inputs or {})


def rows(result: ExecutionResult) -> list[tuple[object, ...]]:
    frame = result.raise_for_outcome().output
    assert isinstance(frame, pd.DataFrame)
    return [tuple(row) for row in frame.itertuples(index=False)]


def span(result: ExecutionResult) -> tuple[int | None, ...]:
    assert result.trace is not None
    (frame,) = result.trace.frames
    return frame.line, frame.column, frame.end_line, frame.end_column


def test_a_frame_is_a_table_and_whole_numbers_stay_whole(executor: CodeExecutor) -> None:
    source = "select item, sum(n) s from df group by item order by item"

    result = run(executor, source, {"df": FRAME})

    assert rows(result) == [("a", 1), ("b", 2), ("c", 3)]
    assert str(result.output["s"].dtype) == "int64"  # type: ignore[index]


def test_other_inputs_are_parameters(executor: CodeExecutor) -> None:
    source = "from df where n >= $lim and item in $items"

    result = run(executor, source, {"df": FRAME, "lim": 2, "items": ["b", "x"], "unused": {1}})

    assert rows(result) == [("b", 2.5, 2)]


NANOSECOND = np.timedelta64(1, "ns")
REFUSED = [
    ({1}, "inputs.v (set) has no exact form in SQL; send a list: -i v=list(v)"),
    ([{1}], "inputs.v[0] (set)"),
    (2**200, "inputs.v (int) has no exact form in SQL; no integer type"),
    (pd.Series([1]), "send a frame: -i v=v.to_frame(), or .to_list()"),
    (pl.Series([1]), "send a frame: -i v=v.to_frame(), or .to_list()"),
    ([1, "a"], "inputs.v[1] (text) cannot stand beside a whole number"),
    ([True, 1], "beside a boolean"),
    ([2**53 + 1, 0.5], "inputs.v[1] (a float) cannot stand beside a large whole number"),
    ([date(2020, 1, 1), datetime(2020, 1, 1)], "inputs.v[1] (an instant) cannot stand beside"),
    ({"a": [1, b"x"]}, "inputs.v.a[1] (bytes)"),
    ({1: 2}, "its keys must be text"),
    ({"key": [1], "value": [2]}, "call its keys otherwise"),
    (np.datetime64("2020-01-01T00:00:00.123456789"), "finer than a microsecond"),
    (NANOSECOND, "finer than a microsecond"),
    (pd.Timedelta(NANOSECOND), "finer than a microsecond"),
    (decimal.Decimal("NaN"), "finite"),
    (decimal.Decimal("1." + "1" * 40), "38 digits"),
    (1 + 2j, "inputs.v (complex)"),
    (fractions.Fraction(1, 3), "inputs.v (fractions.Fraction)"),
    ("\ud800", "surrogate"),
]
FRAMES_REFUSED = [
    ([1, "a"], "inputs.v.c[1] (text) cannot stand beside a whole number"),
    ([None] * 3000 + ["a", b"a"], "inputs.v.c[3001] (bytes) cannot stand beside text"),
    ([{1}, None], "inputs.v.c[0] (set)"),
    ([[1], ["a"]], "(text) cannot stand beside"),
    ([{"a": 1}, {"b": "x"}], "(text) cannot stand beside"),
    ([2**130], "inputs.v.c[0] (int)"),
    ([pd.Timedelta(NANOSECOND)], "durations finer than a microsecond"),
    (pd.period_range("2020", periods=2, freq="M"), "inputs.v.c has no form in SQL"),
    ([1j], "inputs.v.c has no form in SQL"),
]


@pytest.mark.usefixtures("unshared")
def test_what_has_no_exact_form_is_refused_by_name() -> None:
    polars = pl.DataFrame({"c": pl.Series([1], dtype=pl.Duration("ns"))})
    given = [
        *REFUSED,
        *((pd.DataFrame({"c": column}), said) for column, said in FRAMES_REFUSED),
        (pd.DataFrame([[1, 2]], columns=["a", "A"]), "the columns 'a' and 'A'"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "the columns 'a' and 'a'"),
        (pd.DataFrame([[1]], columns=[""]), "without a name"),
        (pd.DataFrame(), "inputs.v has no columns"),
        (FRAME.set_index("item", drop=False), "called like a column: 'item'"),
        (polars, "inputs.v.c has durations finer than a microsecond"),
        (pa.table({"c": pa.array([1.5], pa.float16())}), "inputs.v.c has no form in SQL"),
    ]

    with CodeExecutor(standbys=1) as warm:
        found = [warm.execute("select $v", "sql", inputs={"v": value}).error for value, _ in given]

    missed = [(error, said) for error, (_, said) in zip(found, given, strict=True)]
    assert [(error, said) for error, said in missed if said not in (error or "")] == []


def test_a_parameter_without_an_input_is_named_at_its_place(executor: CodeExecutor) -> None:
    result = run(executor, "select 1;\nselect $lim")

    assert result.error == "MissingInput: there is no input for $lim; pass it in: -i lim"
    assert span(result) == (3, 8, 3, 12)


@pytest.mark.parametrize(
    ("source", "place", "said"),
    [
        ("select 1;\nselect\n  foo from df", (4, 3, 4, 6), "candidates: item"),
        ("select 'é😀', foo from df", (2, 14, 2, 17), "not found in FROM clause"),
        ("from nope", (2, 6, 2, 10), "Table with name nope does not exist"),
        ("insert into nope values (1)", (2, 13, 2, 17), "nope does not exist"),
        ("selec 1", (2, 1, 2, 6), 'syntax error at or near "selec"'),
        ("select 1;\n\nselect error('x')", (4, 1, 4, 7), "InvalidInputException: x"),
    ],
)
def test_errors_stand_under_the_words(
    executor: CodeExecutor, source: str, place: tuple[int, ...], said: str
) -> None:
    result = run(executor, source, {"df": FRAME})

    assert result.outcome is Outcome.FAILED
    assert said in (result.error or "")
    assert span(result) == place


@pytest.mark.parametrize(
    ("source", "hint"),
    [
        ("%%sql df << select 1", "-o NAME"),
        ("select {{x}}", "$name"),
        ("select * from df where n > :x", "$name"),
        ("load spatial", "needs the network"),
        ("from 'https://example.com/x.parquet'", "needs the network"),
        ("delete from df", "create table own as from df"),
        ("drop table df", "create table own as from df"),
    ],
)
def test_what_other_tools_have_gets_a_hint(executor: CodeExecutor, source: str, hint: str) -> None:
    result = run(executor, source, {"df": FRAME})

    assert result.trace is not None
    assert hint in " ".join(result.trace.notes)


def test_nothing_of_a_later_statement_runs(executor: CodeExecutor, tmp_path: Path) -> None:
    file = tmp_path / "x.csv"

    run(executor, f"from nope;\ncopy (select 1) to '{file}'")
    run(executor, f"copy (select 1) to '{file}';\nselect from where")

    assert not file.exists()


EXACT: dict[str, object] = {
    "170141183460469231731687303715884105727": 2**127 - 1,
    "uhugeint '340282366920938463463374607431768211455'": 2**128 - 1,
    "7::uhugeint": 7,
    "(-7)::hugeint": -7,
    "[1::hugeint, null]": [1, None],
    "{'a': 170141183460469231731687303715884105727}": {"a": 2**127 - 1},
    "1.50::decimal(10, 2)": decimal.Decimal("1.50"),
    "[1.5::decimal(4, 2)]": [decimal.Decimal("1.50")],
    "'00000000-0000-0000-0000-000000000001'::uuid": uuid.UUID(int=1),
    "map {1: [uuid '00000000-0000-0000-0000-000000000001']}": {1: [uuid.UUID(int=1)]},
    "interval 3 day": timedelta(days=3),
    "interval 1 microsecond": timedelta(microseconds=1),
    "[interval 3 day, null]": [timedelta(days=3), None],
    "date '2020-01-02'": date(2020, 1, 2),
    "{'a': date '9999-12-31'}": {"a": date(9999, 12, 31)},
    "time '01:02:03'": time(1, 2, 3),
    "timestamp '2020-01-02 03:04:05.678901'": datetime(2020, 1, 2, 3, 4, 5, 678_901),
    "timestamp_ns '2020-01-01 00:00:00.123456789'": pd.Timestamp("2020-01-01 00:00:00.123456789"),
    "timestamptz '2020-01-01 05:00:00+05'": pd.Timestamp("2020-01-01", tz="UTC"),
    "[timestamp '2020-01-01']": [datetime(2020, 1, 1)],
    "[1, null, 3]": [1, None, 3],
    "[[1, null], null]": [[1, None], None],
    "array_value(1, 2)": [1, 2],
    "[]": [],
    "{'a': [1], 'b': null}": {"a": [1], "b": None},
    "map {'k': 1}": {"k": 1},
    "union_value(n := 2)": 2,
    "9007199254740993": 9007199254740993,
    "'a'::enum('a', 'b')": "a",
    "'a\\0b'": "a\\0b",
    "'\\x00'::blob": b"\0",
}


def test_values_come_back_exactly(executor: CodeExecutor) -> None:
    result = run(executor, "select " + ", ".join(EXACT))

    (row,) = rows(result)
    assert dict(zip(EXACT, row, strict=True)) == EXACT
    output = result.output
    assert isinstance(output, pd.DataFrame)
    assert [str(output.iloc[:, at].dtype) for at in (2, 3)] == ["int64", "int64"]


UNKNOWN = [
    "interval 1 month",
    "'101'::bit",
    "1::bignum",
    "1::variant",
    "timetz '01:02:03+05'",
    "[timetz '01:02:03+05']",
    "date 'infinity'",
    "timestamp 'infinity'",
    "date '0044-03-15 (BC)'",
    "time '24:00:00'",
]


@pytest.mark.usefixtures("unshared")
def test_what_has_no_exact_form_in_python_is_named_with_its_cast() -> None:
    with CodeExecutor(standbys=1) as warm:
        found = [warm.execute(f"select {what} as i", "sql").error or "" for what in UNKNOWN]

    assert [error for error in found if 'cast it: "i"::varchar' not in error] == []
    assert [error for error in found if "the column 'i' (" not in error] == []


def test_a_column_of_an_input_keeps_its_zone_and_durations_are_durations(
    executor: CodeExecutor,
) -> None:
    instants = pd.to_datetime(["2020-07-01", None]).tz_localize("Europe/Berlin")
    frame = pd.DataFrame({"t": instants, "d": pd.to_timedelta([1, None], unit="s")})
    kinds: list[tuple[object, object]] = [
        (frame, ["datetime64[us, Europe/Berlin]", "timedelta64[us]"]),
        (pl.from_pandas(frame), ["Datetime(time_unit='us', time_zone='Europe/Berlin')"]),
        (pa.Table.from_pandas(frame), ["timestamp[us, tz=Europe/Berlin]"]),
    ]

    for given, types in kinds:
        made = run(executor, "select t, d from df where t is not null", {"df": given})
        output = made.raise_for_outcome().output
        if isinstance(output, pa.Table):
            assert [str(output.schema.field("t").type)] == types
            assert output["t"][0].as_py() == instants[0]
            continue
        assert [str(output[name].dtype) for name in ("t", "d")][: len(types)] == types  # type: ignore[index]
        assert (output["t"][0], output["d"][0]) == (instants[0], timedelta(seconds=1))  # type: ignore[index]


def test_whole_numbers_with_gaps_stay_whole(executor: CodeExecutor) -> None:
    frame = run(executor, "select unnest([9007199254740993, null]) v").output

    assert str(frame["v"].dtype) == "Int64"  # type: ignore[index]
    assert frame["v"][0] == 9007199254740993  # type: ignore[index]


def test_the_result_is_of_the_inputs_kind(executor: CodeExecutor) -> None:
    assert isinstance(run(executor, "from df", {"df": POLARS}).output, pl.DataFrame)
    assert isinstance(run(executor, "from df", {"df": pa.table({"a": [1]})}).output, pa.Table)
    assert isinstance(run(executor, "from df", {"df": FRAME}).output, pd.DataFrame)
    table = run(executor, "from df", {"df": POLARS}, converter="arrow").output
    assert isinstance(table, pa.Table)


def test_named_levels_of_an_index_are_columns(executor: CodeExecutor) -> None:
    assert rows(run(executor, "select item, n from df", {"df": FRAME.set_index("item")}))[0] == (
        "a",
        1,
    )


def test_changes_give_their_number_and_names_give_tables(executor: CodeExecutor) -> None:
    assert run(executor, "create table t as from range(3)").output == 3
    assert run(executor, "create table t (a int)").output is None
    made = run(executor, "create temp table total as select 7 a", outputs=("total",))
    assert rows(made) == [(7,)]
    missing = run(executor, "create table t (a int)", outputs=("total",))
    assert "total" in (missing.error or "")


def test_a_plan_is_text(executor: CodeExecutor) -> None:
    plan = run(executor, "explain analyze select 42").output

    assert isinstance(plan, str)
    assert len(plan.splitlines()) > 3


def test_files_are_tables_and_a_database_lasts(executor: CodeExecutor, tmp_path: Path) -> None:
    options = {"directory": str(tmp_path)}
    FRAME.to_csv(tmp_path / "f.csv", index=False)
    assert rows(run(executor, "select count(*) from 'f.csv'", **options)) == [(3,)]

    kept = {**options, "settings": {"db": "t.duckdb"}}
    run(executor, "create table t as select 1 a", **kept).raise_for_outcome()
    assert rows(run(executor, "from t", **kept)) == [(1,)]
    assert run(executor, "from t", **options).outcome is Outcome.FAILED


def test_a_database_that_cannot_be_opened_is_named(executor: CodeExecutor, tmp_path: Path) -> None:
    (tmp_path / "bad.duckdb").write_text("no database" * 1000)
    (tmp_path / "folder").mkdir()
    locked = duckdb.connect(str(tmp_path / "locked.duckdb"))
    said = {
        "no/such/x.duckdb": "No such file or directory",
        "bad.duckdb": "not a valid DuckDB database file",
        "folder": "Is a directory",
        "locked.duckdb": "Conflicting lock is held in",
    }

    for name, words in said.items():
        options = {"directory": str(tmp_path), "settings": {"db": name}}
        assert words in (run(executor, "select 1", **options).error or "")
    locked.close()


def test_a_database_is_whole_on_the_disk_and_can_be_read_in_a_sandbox(
    executor: CodeExecutor, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    kept = {"settings": {"db": str(tmp_path / "t.duckdb")}, "directory": str(own)}
    run(executor, "create table t as select 1 a", **kept).raise_for_outcome()
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["t.duckdb"]

    assert rows(run(executor, "from t", sandbox=True, **kept)) == [(1,)]
    written = run(executor, "insert into t values (2)", sandbox=True, **kept)
    assert "read-only" in (written.error or "")


@pytest.mark.usefixtures("unshared")
def test_a_deadline_and_an_interrupt_always_work() -> None:
    endless = "select count(*) from range(1000000) a, range(1000000) b where random() > 2"
    with CodeExecutor(standbys=1) as warm:  # what comes first is not what is measured
        warm.execute("select 1", "sql").raise_for_outcome()

        late = warm.run(
            Program(f"select 1;\n{endless}", "sql", first_line=2), ExecutionOptions(timeout=3)
        )
        assert (late.outcome, late.receipt.left) == (Outcome.TIMED_OUT, 0)
        assert span(late)[0] == 3

        for moment in range(12):
            job = warm.submit(endless, "sql", timeout=60)
            while not any(one.language == "sql" for one in runs()):
                time_module.sleep(0.01)
            time_module.sleep(moment / 50)
            job.cancel()
            stopped = job.result()
            assert (stopped.outcome, stopped.receipt.left) == (Outcome.INTERRUPTED, 0)


def test_what_needs_more_memory_is_written_to_its_own_folder(
    executor: CodeExecutor, tmp_path: Path
) -> None:
    source = "select count(distinct r) n from (select random() r from range(4000000))"

    result = run(executor, source, memory=300 << 20, directory=str(tmp_path), timeout=90)

    assert result.outcome in (Outcome.SUCCEEDED, Outcome.MEMORY)
    assert not list(tmp_path.iterdir())


def test_a_sandbox_writes_nothing_outside(executor: CodeExecutor, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    source = f"copy (select 1) to '{tmp_path}/x.csv'"

    result = run(executor, source, directory=str(own), sandbox=True)

    assert result.outcome is Outcome.FAILED
    assert not (tmp_path / "x.csv").exists()
    assert rows(run(executor, "from df", {"df": FRAME}, sandbox=True, directory=str(own)))[0] == (
        "a",
        1.5,
        1,
    )


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("", None),
        ("-- nothing", None),
        ("\ufeffcreate table t as from range(2)", 2),
        ("create table t as from range(2)\r\n", 2),
        ("create table t as from range(2);;", 2),
        ("-- " + "x" * 200_000 + "\ncreate table t as from range(2)", 2),
    ],
    ids=["empty", "comment", "BOM", "CRLF", "semicolons", "200 kB"],
)
def test_odd_bodies(executor: CodeExecutor, source: str, value: object) -> None:
    result = run(executor, source, {"inputs": FRAME, "select": FRAME})

    assert result.raise_for_outcome().output == value
