"""The forms that a user can ask for, from each form that a result can have."""

from __future__ import annotations

import sys
from typing import Any

import numpy
import pandas
import polars
import pyarrow
import pytest

from codeexec_magics.data.conversion import convert
from codeexec_magics.errors import DataError
from codeexec_magics.values import CONVERTERS

ROWS = [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]
TABULAR = {
    "rows": ROWS,
    "columns": {"a": [1, 2], "b": ["x", "y"]},
    "arrays": {"a": numpy.array([1, 2]), "b": ["x", "y"]},
    "pandas": pandas.DataFrame(ROWS),
    "polars": polars.DataFrame(ROWS),
    "arrow": pyarrow.Table.from_pylist(ROWS),
    "batch": pyarrow.RecordBatch.from_pylist(ROWS),
    "fields": numpy.array([(1, "x"), (2, "y")], dtype=[("a", "i8"), ("b", "U1")]),
}


@pytest.mark.parametrize("value", TABULAR.values(), ids=TABULAR.keys())
def test_anything_tabular_becomes_any_table(value: Any) -> None:
    frame = convert(value, "pandas", "result")
    table = convert(value, "arrow", "result")
    other = convert(value, "polars", "result")

    assert type(frame) is pandas.DataFrame
    assert frame.to_dict("records") == ROWS
    assert isinstance(table, (pyarrow.Table, pyarrow.RecordBatch))
    assert table.to_pylist() == ROWS
    assert type(other) is polars.DataFrame
    assert other.to_dicts() == ROWS
    assert convert(value, "records", "result") == ROWS


def test_records_are_made_of_plain_values() -> None:
    (row, _) = convert(TABULAR["arrays"], "records", "result")

    assert [type(item) for item in row.values()] == [int, str]


@pytest.mark.parametrize("converter", ["polars", "arrow"])
def test_keys_that_only_later_rows_have_are_kept(converter: str) -> None:
    made = convert([{"a": 1}, {"b": 2.5}] * 200, converter, "result")

    assert made["b"][1] in (2.5, pyarrow.scalar(2.5))
    assert made.shape == (400, 2)


def test_auto_changes_nothing() -> None:
    value = object()

    assert convert(value, "auto", "result") is value


def test_the_wanted_form_is_kept_as_it_is() -> None:
    for converter in ("pandas", "polars", "arrow"):
        assert convert(TABULAR[converter], converter, "result") is TABULAR[converter]
    array = numpy.ones(3)
    assert convert(array, "numpy", "result") is array


@pytest.mark.parametrize(
    "value",
    [[1, 2], (1, 2), pandas.Series([1, 2]), polars.Series([1, 2]), pyarrow.array([1, 2])],
    ids=lambda value: type(value).__name__,
)
def test_lists_and_series_become_arrays(value: Any) -> None:
    made = convert(value, "numpy", "result")

    assert type(made) is numpy.ndarray
    assert made.tolist() == [1, 2]


def test_nested_lists_become_a_matrix() -> None:
    assert convert([[1, 2], [3, 4]], "numpy", "result").shape == (2, 2)


@pytest.mark.parametrize(
    ("value", "converter", "words"),
    [
        (5, "pandas", "a list of row dicts"),
        ("text", "records", "a list of row dicts"),
        ([1, 2], "records", "a list of row dicts"),
        ({"a": 1}, "polars", "a list of row dicts"),
        ({"a": [1], "b": [1, 2]}, "pandas", "length"),
        ({"a": [1], "b": [1, 2]}, "records", "equal length"),
        ({"a": [1]}, "numpy", "a number, a list"),
        ([[1], [2, 3]], "numpy", "ValueError"),
        ([{}, None], "numpy", "one kind"),
        (pandas.DataFrame([[1, 2]], columns=["a", "a"]), "polars", "[Dd]uplicate|unique|share"),
        (pyarrow.table([[1], [2]], names=["a", "a"]), "polars", "[Dd]uplicate|unique|share"),
    ],
    ids=repr,
)
def test_what_has_no_such_form_is_told(value: Any, converter: str, words: str) -> None:
    with pytest.raises(DataError, match=words) as caught:
        convert(value, converter, "result")

    assert caught.value.path == "result"
    assert str(caught.value).startswith("result ")


@pytest.mark.parametrize(
    ("converter", "module", "command"),
    [
        ("pandas", "pandas", "pip install pandas"),
        ("polars", "polars", "pip install polars"),
        ("arrow", "pyarrow", r'pip install "codeexec_magics\[arrow\]"'),
        ("numpy", "numpy", "pip install numpy"),
    ],
)
def test_a_missing_library_is_named_with_its_command(
    monkeypatch: Any, converter: str, module: str, command: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)

    with pytest.raises(DataError, match=f"{module} is not installed: {command}"):
        convert(ROWS, converter, "result")


def test_every_option_is_a_converter() -> None:
    for converter in CONVERTERS:
        assert len(convert(numpy.zeros(2, [("a", "i4")]), converter, "result")) == 2

    with pytest.raises(DataError, match="no converter is called 'excel'"):
        convert(ROWS, "excel", "result")
