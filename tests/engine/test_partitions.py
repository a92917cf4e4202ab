"""Transforms where the data is: over the rows of partitions, and as plain functions."""

from __future__ import annotations

import inspect
import sys
import types
from typing import Any

import dask.dataframe as dd
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from codeexec_magics import CodeExecutor, ExecutionOptions, Program, Transform
from codeexec_magics.errors import InvalidOptions, ProgramFailed

PRICED = {
    "javascript": "function transform({ n, at, price }) { return { n, at, cost: price * 2 } }",
    "python": "def transform(row):\n"
    "    return {'n': row['n'], 'at': row['at'], 'cost': row['price'] * 2}",
}
TEXTS = {
    "javascript": "function transform(row) { return `${row.n}` }",
    "python": "def transform(row):\n    return str(row['n'])",
}
FRAME = pd.DataFrame(
    {
        "n": pd.array([2**40, 1, 2, 3], dtype="int64"),
        "price": [1.2, 2.7, 3.1, 4.2],
        "at": pd.to_datetime(["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"]),
    },
    index=pd.Index([10, 11, 12, 13], name="id"),
)
EXPECTED = pd.DataFrame({"n": FRAME["n"], "at": FRAME["at"], "cost": FRAME["price"] * 2})


@pytest.fixture(autouse=True)
def supervised(executor: CodeExecutor) -> None:
    """Transforms share the supervisor of the tests' own executor."""


def named(source: str, language: str, name: str = "priced") -> Transform:
    return Transform(name, Program(source, language), ExecutionOptions(standbys=0))


def double() -> Transform:
    return named(
        "def transform(x: int):\n    'Twice as much.'\n    return 2 * x", "python", "double"
    )


@pytest.mark.parametrize("language", PRICED)
def test_rows_of_a_frame_of_pandas(language: str) -> None:
    made = named(PRICED[language], language).over_rows(FRAME)

    pd.testing.assert_frame_equal(made, EXPECTED)


@pytest.mark.parametrize("language", PRICED)
def test_rows_of_a_frame_of_polars_and_tables_of_arrow(language: str) -> None:
    priced = named(PRICED[language], language)
    frame = pl.from_pandas(FRAME.reset_index(drop=True))
    table = pa.Table.from_pandas(FRAME, preserve_index=False)

    made = frame.pipe(priced.over_rows)
    batch = priced.over_rows(table.to_batches()[0])

    assert made.equals(pl.from_pandas(EXPECTED.reset_index(drop=True)))
    assert made.schema["at"] == frame.schema["at"]
    assert isinstance(priced.over_rows(table), pa.Table)
    assert isinstance(batch, pa.RecordBatch)
    assert (
        batch.to_pydict()
        == priced.over_rows(table).to_pydict()
        == {name: EXPECTED[name].tolist() for name in EXPECTED}
    )


@pytest.mark.parametrize("language", TEXTS)
def test_values_that_are_no_rows_are_a_series(language: str) -> None:
    texts = named(TEXTS[language], language, "texts")

    made = texts.over_rows(FRAME)

    assert made.name == "texts"
    assert made.index.equals(FRAME.index)
    assert made.tolist() == [str(n) for n in FRAME["n"]]
    assert texts.over_rows(pl.from_pandas(FRAME)).to_list() == made.tolist()
    table = texts.over_rows(pa.Table.from_pandas(FRAME))
    assert table.to_pydict() == {"texts": made.tolist()}


def test_a_cell_that_asks_for_another_library_gives_the_frame_s_own() -> None:
    options = ExecutionOptions(standbys=0, converter="polars")
    priced = Transform("priced", Program(PRICED["javascript"], "javascript"), options)

    pd.testing.assert_frame_equal(priced.over_rows(FRAME), EXPECTED)


def test_rows_of_a_series_and_of_nothing() -> None:
    series = pd.Series([1, 2], index=["a", "b"])

    assert double().over_rows(series).to_dict() == {"a": 2, "b": 4}
    assert double().over_rows(pl.Series([1, 2])).to_list() == [2, 4]
    pd.testing.assert_frame_equal(double().over_rows(FRAME[:0]), FRAME[:0])


def test_inputs_that_all_rows_share() -> None:
    rated = named("function transform(row, { rate }) { return row.n * rate }", "javascript")

    assert rated.over_rows(FRAME[1:], rate=10).tolist() == [10, 20, 30]


def test_a_row_that_fails_is_named() -> None:
    failing = named("function transform(row) { if (row.n === 2) throw new Error('no 2') }", "js")

    with pytest.raises(ProgramFailed, match=r"no 2 \(item 2"):
        failing.over_rows(FRAME)


def test_batches_of_arrow() -> None:
    priced = named(PRICED["javascript"], "javascript")
    batches = pa.Table.from_pandas(FRAME, preserve_index=False).to_batches(max_chunksize=3)
    empty = batches[0].slice(0, 0)

    made = priced.over_batches(iter([batches[0], empty, batches[1]]))

    assert inspect.isgenerator(made)
    parts = list(made)
    assert [part.num_rows for part in parts] == [3, 1]
    assert pa.Table.from_batches(parts)["cost"].to_pylist() == EXPECTED["cost"].tolist()


@pytest.mark.parametrize(
    ("frame", "way"),
    [
        ({"n": [1]}, 'batch_format="pandas"'),
        (dd.from_pandas(FRAME, npartitions=1), r"frame\.map_partitions\(double\.over_rows\)"),
        (3, "not builtins.int|not int"),
    ],
    ids=["dict", "dask", "int"],
)
def test_what_is_no_frame_is_refused_with_the_way(frame: Any, way: str) -> None:
    with pytest.raises(InvalidOptions, match=way):
        double().over_rows(frame)
    with pytest.raises(InvalidOptions, match="mapInArrow"):
        list(double().over_batches([frame]))


def test_a_plain_function_looks_like_the_transform() -> None:
    function = double().function

    assert isinstance(function, types.FunctionType)
    assert inspect.signature(function) == inspect.signature(double())
    assert (function.__name__, function.__doc__) == ("double", "Twice as much.")
    assert function(21) == function(x=21) == 42
    assert not hasattr(function, "transform")


def test_a_plain_function_in_pipefunc() -> None:
    from pipefunc import PipeFunc, Pipeline

    pipeline = Pipeline([PipeFunc(double().function, "y")])

    assert pipeline("y", x=21) == 42


def test_a_plain_function_in_hamilton() -> None:
    from hamilton import ad_hoc_utils, driver

    module = ad_hoc_utils.create_temporary_module(double().function, module_name="transforms")
    try:
        found = driver.Builder().with_modules(module).build().execute(["double"], inputs={"x": 21})
    finally:
        sys.modules.pop("transforms", None)

    assert found["double"] == 42
