"""SQL over frames, parameters and files: exact values, errors at the words, limits that hold."""

from __future__ import annotations

import decimal
import threading
import uuid
from datetime import date, datetime, time, timedelta
from pathlib import Path

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


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({1}, "inputs.lim (set) cannot be a parameter; send a list: -i lim=list(lim)"),
        (2**200, "inputs.lim (int) cannot be a parameter"),
        (pd.Series([1]), "send a frame: -i lim=lim.to_frame()"),
    ],
    ids=["set", "int", "series"],
)
def test_what_is_no_parameter_is_refused_by_name(
    executor: CodeExecutor, value: object, said: str
) -> None:
    result = run(executor, "from df where n >= $lim", {"df": FRAME, "lim": value})

    assert said in (result.error or "")


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
    ],
)
def test_what_other_tools_have_gets_a_hint(executor: CodeExecutor, source: str, hint: str) -> None:
    result = run(executor, source, {"df": FRAME})

    assert result.trace is not None
    assert hint in " ".join(result.trace.notes)
    assert result.execution_time < 5


def test_nothing_of_a_later_statement_runs(executor: CodeExecutor, tmp_path: Path) -> None:
    file = tmp_path / "x.csv"

    run(executor, f"from nope;\ncopy (select 1) to '{file}'")
    run(executor, f"copy (select 1) to '{file}';\nselect from where")

    assert not file.exists()


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("170141183460469231731687303715884105727", 2**127 - 1),
        ("sum(range)", 12_497_500),
        ("1.50::decimal(10, 2)", decimal.Decimal("1.50")),
        ("'00000000-0000-0000-0000-000000000001'::uuid", uuid.UUID(int=1)),
        ("interval 3 day", timedelta(days=3)),
        ("date '2020-01-02'", date(2020, 1, 2)),
        ("time '01:02:03'", time(1, 2, 3)),
        ("timestamp '2020-01-02 03:04:05.678901'", datetime(2020, 1, 2, 3, 4, 5, 678_901)),
        ("[1, null, 3]", [1, None, 3]),
        ("{'a': [1], 'b': null}", {"a": [1], "b": None}),
        ("map {'k': 1}", {"k": 1}),
        ("9007199254740993", 9007199254740993),
    ],
)  # fmt: skip
def test_values_come_back_exactly(executor: CodeExecutor, expression: str, value: object) -> None:
    source = f"select any_value(v) v from (select {expression} v from range(5000))"
    if "sum" in expression:
        source = f"select {expression} v from range(5000)"

    ((found,),) = rows(run(executor, source))

    assert found == value
    assert type(value) is datetime or isinstance(found, type(value)) or hasattr(found, "item")


def test_whole_numbers_with_gaps_stay_whole(executor: CodeExecutor) -> None:
    frame = run(executor, "select unnest([9007199254740993, null]) v").output

    assert str(frame["v"].dtype) == "Int64"  # type: ignore[index]
    assert frame["v"][0] == 9007199254740993  # type: ignore[index]


def test_what_has_no_exact_form_is_named_with_its_cast(executor: CodeExecutor) -> None:
    result = run(executor, "select interval 1 month as i")

    assert "the column 'i' is an INTERVAL with months" in (result.error or "")
    assert '"i"::varchar' in (result.error or "")


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


@pytest.mark.parametrize("again", range(3))
def test_a_deadline_and_an_interrupt_always_work(executor: CodeExecutor, again: int) -> None:
    endless = "select count(*) from range(1000000) a, range(1000000) b where random() > 2"
    late = run(executor, f"select 1;\n{endless}", timeout=0.5 + again / 10)
    assert (late.outcome, late.receipt.left) == (Outcome.TIMED_OUT, 0)
    assert span(late)[0] == 3

    job = executor.submit(endless, "sql")
    started = threading.Event()
    while not any(one.language == "sql" for one in runs()):
        started.wait(0.01)
    job.cancel()
    assert job.result().receipt.left == 0


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
