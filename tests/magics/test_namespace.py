from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from IPython.core.error import UsageError

from codeexec_magics.errors import DecodingFailed
from codeexec_magics.magics.namespace import Scope, pick_outputs, read_inputs
from codeexec_magics.magics.parsing import parse


def read(line: str, user: dict[str, Any], local: dict[str, Any] | None = None) -> dict[str, Any]:
    return read_inputs(parse(line).inputs, Scope(user, local or {}))


def test_the_very_objects_are_taken() -> None:
    rows = [object()]

    assert read("-i rows", {"rows": rows})["rows"] is rows


def test_a_function_s_own_variables_come_before_the_notebook_s() -> None:
    assert read("-i x,y", {"x": 1, "y": 2}, {"x": 3}) == {"x": 3, "y": 2}


def test_an_expression_sees_both_scopes_even_in_a_comprehension() -> None:
    found = read("-i z=[a + b for a in xs if a < b]", {"b": 3}, {"xs": [1, 2, 3]})

    assert found == {"z": [4, 5]}


def test_an_assignment_in_an_expression_binds_nothing() -> None:
    user: dict[str, Any] = {"x": 1}

    assert read("-i y=(z:=x+1)", user) == {"y": 2}
    assert user == {"x": 1}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("-i dff", "-i dff: no variable is called 'dff'; did you mean 'df'?"),
        ("-i DF", "did you mean 'df'?"),
        ("-i x=dff.a", "-i x=dff.a: no variable is called 'dff'; did you mean 'df'?"),
        ("-i nothing_like_it", "no variable is called 'nothing_like_it'"),
        ("-i _hiddem", "no variable is called '_hiddem'"),
        ("-i x=df['nope']", "-i x=df['nope']: KeyError: 'nope'"),
        ("-i x=1/0", "ZeroDivisionError"),
        ("-i x=bad.a", "RuntimeError: this attribute throws"),
    ],
)
def test_what_cannot_be_read_is_told_before_anything_starts(line: str, told: str) -> None:
    class Bad:
        def __getattr__(self, name: str) -> Any:
            raise RuntimeError("this attribute throws")

    with pytest.raises(UsageError) as caught:
        read(line, {"df": {"a": 1}, "_hidden": 2, "bad": Bad()})

    assert told in str(caught.value)
    assert "_hidden" not in str(caught.value)


def test_one_name_takes_the_whole_value_even_if_it_has_such_a_key() -> None:
    assert pick_outputs({"out": 1}, ("out",)) == {"out": {"out": 1}}
    assert pick_outputs(None, ("out",)) == {"out": None}
    assert pick_outputs([1], ()) == {}


@dataclass
class Point:
    a: int
    b: int


class Pair(NamedTuple):
    a: int
    b: int
    c: int


def test_more_names_take_keys_attributes_or_columns() -> None:
    pair = Pair(1, 2, 3)
    frame = pd.DataFrame({"a": [1], "b": [2], "c": [3]})

    assert pick_outputs({"a": 1, "b": None, "c": 3}, ("b", "a")) == {"b": None, "a": 1}
    assert pick_outputs(pair, ("c", "a")) == {"c": 3, "a": 1}
    assert pick_outputs(Point(1, 2), ("a", "b")) == {"a": 1, "b": 2}
    assert pick_outputs(frame, ("a", "c"))["c"].tolist() == [3]
    assert pick_outputs(pl.DataFrame(frame.to_dict("list")), ("a", "b"))["b"].to_list() == [2]
    assert pick_outputs(pa.table(frame.to_dict("list")), ("a", "b"))["b"].to_pylist() == [2]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"a": 1, "bb": 2}, "no key 'b'; did you mean 'bb'? (it has a, bb)"),
        ({}, "no key 'a' (it has none)"),
        ({1: 2}, "no key 'a'"),
        ([1, 2, 3], "-o takes 2 items, and the result is a list of 3"),
        ((), "a tuple of 0"),
        (5, "the result is an int"),
        (None, "is a NoneType"),
        ("ab", "is a str"),
        (Point, "is a type"),
        (pd.DataFrame({"a": [1], 5: [2]}), "no column 'b' (it has a)"),
        (pd.DataFrame({"a": [1], "count": [2]}), "no column 'b'"),
        ({f"k{number}": 0 for number in range(50)}, "k9, …"),
    ],
)
def test_a_missing_key_is_named_and_nothing_is_returned(value: object, told: str) -> None:
    with pytest.raises(DecodingFailed) as caught:
        pick_outputs(value, ("a", "b"))

    assert told in str(caught.value)
    assert caught.value.path == "result"


def test_a_method_is_no_attribute_that_an_output_may_take() -> None:
    with pytest.raises(DecodingFailed):
        pick_outputs(Point(1, 2), ("a", "__init__"))


def test_more_names_take_the_items_of_a_sequence() -> None:
    assert pick_outputs([1, [2]], ("a", "b")) == {"a": 1, "b": [2]}
    assert pick_outputs((None, 2), ("a", "b")) == {"a": None, "b": 2}
    assert pick_outputs(np.array([[1, 2], [3, 4]]), ("a", "b"))["b"].tolist() == [3, 4]
