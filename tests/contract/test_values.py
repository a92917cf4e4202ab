"""A value arrives equal, with its type, or the execution fails and names it; in every language."""

from __future__ import annotations

import datetime as dt
import math
import shutil
import struct
import zoneinfo
from collections import Counter, OrderedDict
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
import polars as pl
import pytest
from dialects import DIALECTS

from codeexec_magics import CodeExecutor
from codeexec_magics.values.results import Outcome

BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")

EXACT: dict[str, Any] = {
    "none": None,
    "booleans": [True, False],
    "integers": [0, -1, 2**31, -(2**31), 2**53 - 1, -(2**53) + 1],
    "big integers": [2**53, 2**53 + 1, -(2**53), 2**64, -(10**40)],
    "floats": [0.1, -1.5e300, 5e-324, 1e22, 0.1 + 0.2],
    "negative zero": [-0.0],
    "not finite": [math.inf, -math.inf, math.nan],
    "text": ["", "ä", "😀", "\0", "\u2028", 'quote"', "a" * 100_000, "$", "__proto__"],
    "lone surrogates": ["\ud800", "a\udfffb"],
    "bytes": [b"", b"\x00\xff", bytes(range(256)) * 100],
    "nested": {"a": [{"b": [[[]]]}, {}], "": {"": ""}},
    "keys": {"__proto__": 1, "constructor": 2, "toJSON": 3, "$": 4, "then": 5, "10": 6, "9": 7},
    "keys that are not text": {1: "a", (2, "b"): "c", None: "d", 1.5: "e", False: "f"},
    "tuples": [(), (1,), (1, (2, [3]))],
    "sets": [set(), {1, 2, 3}, frozenset({"a"}), {(1, 2)}],
    "dates": [dt.date(2026, 11, 24), dt.date(1, 1, 1)],
    "datetimes": [
        dt.datetime(2026, 11, 24, 12, 30),
        dt.datetime(2026, 11, 24, 12, 30, 59, 999_000, dt.UTC),
        dt.datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN, fold=1),
        dt.datetime(2026, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=-3, minutes=-30))),
    ],
    "other scalars": [
        dt.time(1, 2, 3, 4),
        dt.timedelta(days=-1, microseconds=1),
        Decimal("1.10"),
        Decimal("NaN"),
        Fraction(1, 3),
        complex(1, -0.0),
        UUID(int=1),
        PurePosixPath("/a/b"),
        range(1, 10, 3),
    ],
    "float array": np.array([1.5, math.nan, -0.0]),
    "integer arrays": [np.arange(5, dtype=kind) for kind in ("i1", "u2", "i4", "i8", "u8")],
    "big integer array": np.array([2**62, -(2**62)]),
    "booleans of numpy": np.array([True, False]),
    "array of two dimensions": np.arange(6.0).reshape(2, 3),
    "empty array": np.array([], dtype="f4"),
    "large array": np.arange(200_000, dtype="f8"),
}

PYTHON_ONLY: dict[str, Any] = {
    "frame": pd.DataFrame(
        {
            "n": [1, 2, 3],
            "x": [1.5, math.nan, -0.0],
            "s": ["a", "ä", None],
            "c": pd.Categorical(["x", "y", "x"]),
            "t": pd.to_datetime(["2026-01-01", None, "2026-03-01"], utc=True),
            "i": pd.array([1, None, 3], dtype="Int64"),
        },
        index=pd.MultiIndex.from_tuples([(1, "a"), (1, "b"), (2, "a")], names=["k", "l"]),
    ),
    "empty frame": pd.DataFrame({"a": pd.Series([], dtype="f8")}),
    "series": pd.Series([1, 2], name="s", index=["a", "b"]),
    "polars": pl.DataFrame({"a": [1, None], "b": ["x", "y"]}),
    "structured": np.array([(1, 2.5)], dtype=[("a", "i4"), ("b", "f8")]),
    "big endian": np.arange(3, dtype=">i4"),
    "columns first": np.asfortranarray(np.arange(6).reshape(2, 3)),
    "whole floats": [1.0, 0.0, 2.0**53, 1e21],
    "numpy scalars": [np.float32(1.5), np.int64(7), np.bool_(True)],
    "microseconds": dt.datetime(2026, 11, 24, 12, 30, 59, 123_456),
    "subclasses": [Counter("aab"), OrderedDict(a=1)],
}


def same(left: Any, right: Any) -> bool:
    """Equal in value and in type, down to the sign of zero."""
    if type(left) is not type(right):
        return False
    for kinds, equal in SAME:
        if isinstance(left, kinds):
            return bool(equal(left, right))
    return bool(left == right)


def same_frames(left: Any, right: Any) -> bool:
    check = pd.testing.assert_frame_equal if left.ndim == 2 else pd.testing.assert_series_equal
    check(left, right)
    return True


SAME: list[tuple[Any, Callable[[Any, Any], bool]]] = [
    (float, lambda a, b: struct.pack("d", a) == struct.pack("d", b) or a != a != b != b),
    (complex, lambda a, b: same([a.real, a.imag], [b.real, b.imag])),
    ((list, tuple), lambda a, b: len(a) == len(b) and all(map(same, a, b))),
    (dict, lambda a, b: same(list(a.items()), list(b.items()))),
    (
        np.ndarray,
        lambda a, b: (a.dtype, a.shape) == (b.dtype, b.shape) and (a.tobytes() == b.tobytes()),
    ),
    ((pd.DataFrame, pd.Series), same_frames),
    (pl.DataFrame, lambda a, b: a.equals(b)),
    (dt.datetime, lambda a, b: (a, a.fold, str(a.tzinfo)) == (b, b.fold, str(b.tzinfo))),
    (Decimal, lambda a, b: a.as_tuple() == b.as_tuple()),
]


@pytest.fixture(scope="module", autouse=True)
def threads_of_polars() -> None:
    """Its threads have descriptors of their own, which are not an execution's."""
    pl.from_pandas(pd.DataFrame({"a": [1, None]})).select(pl.col("a").cast(pl.String))


NOTHING_LOST = [name for name, one in DIALECTS.items() if one.identity and name != "r"]
"""R has no tuple and no Decimal: tests/languages/test_r.py has what comes back from it."""


@pytest.mark.parametrize("language", NOTHING_LOST)
@pytest.mark.parametrize("kind", EXACT)
def test_a_value_comes_back_as_it_went(executor: CodeExecutor, language: str, kind: str) -> None:
    value = EXACT[kind]

    result = executor.execute(DIALECTS[language].identity, language, inputs={"value": value})

    assert result.success, result.error
    assert same(value, result.output), result.output


@pytest.mark.parametrize("kind", PYTHON_ONLY)
def test_what_python_alone_knows_comes_back_from_python(executor: CodeExecutor, kind: str) -> None:
    value = PYTHON_ONLY[kind]

    result = executor.execute_python("value", {"value": value})

    assert result.success, result.error
    assert same(value, result.output), result.output


def test_javascript_has_one_kind_of_number(executor: CodeExecutor) -> None:
    """1.0 is 1 there; what comes back is equal, and its type is that of its value."""
    value = [1.0, 2.0**53, np.float32(1.5), np.int64(7), np.bool_(True)]

    output = executor.execute_javascript("value", {"value": value}).output

    assert output == value
    assert list(map(type, output)) == [int, float, float, int, bool]


def test_what_comes_back_is_writable_and_ones_own(executor: CodeExecutor) -> None:
    array = np.arange(200_000)
    first = executor.execute_python("value", {"value": array}).output
    second = executor.execute_python("value", {"value": array}).output

    first[:] = -1
    assert (second == array).all()
    second[0] = 5
    assert array[0] == 0


def test_frames_are_rows_in_javascript(executor: CodeExecutor) -> None:
    frame = pd.DataFrame({"n": [1, 2], "x": [0.5, None], "s": ["ä", None]})

    for value in (frame, pl.from_pandas(frame)):
        result = executor.execute_javascript("value.map((row) => ({ ...row }))", {"value": value})
        assert result.success, result.error
        assert [row["n"] for row in result.output] == [1, 2]
        assert [row["s"] for row in result.output] == ["ä", None]


@pytest.mark.parametrize("converter", ["pandas", "polars", "arrow", "records"])
def test_rows_of_javascript_become_frames_on_request(
    executor: CodeExecutor, converter: str
) -> None:
    result = executor.execute_javascript(
        "[{ a: 1, b: 'x' }, { a: 2, b: null }]", converter=converter
    )

    assert result.success, result.error
    expected = {
        "pandas": "pandas",
        "polars": "polars",
        "arrow": "pyarrow",
        "records": "builtins",
    }
    assert type(result.output).__module__.startswith(expected[converter])
    assert len(result.output) == 2


@pytest.mark.parametrize(
    ("program", "path"),
    [
        ("const a = {}; a.b = [1, a]; a", "result.b[1]"),
        ("({ 'a b': [Symbol('s')] })", 'result["a b"][0]'),
        ("[new Map([['k', () => 1]])]", "result[0]"),
        ("({ when: new Date(NaN) })", "result.when"),
        ("({ p: new (class Point { x = 1 })() })", "result.p"),
        ("[[new WeakMap()]]", "result[0][0]"),
    ],
)
def test_what_javascript_cannot_send_is_named(
    executor: CodeExecutor, program: str, path: str
) -> None:
    result = executor.execute_javascript(program)

    assert result.outcome is Outcome.FAILED
    assert result.error is not None
    assert path in result.error


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({"rows": [0, {"when": dt.datetime(2026, 1, 1, 0, 0, 0, 1)}]}, "inputs.rows[1].when"),
        ({"f": [len]}, "inputs.f[0]"),
        ({"a b": object()}, 'inputs["a b"]'),
        ({"o": np.array([object()])}, "inputs.o"),
        ({"frame": pd.DataFrame([[1, 2]], columns=["a", "a"])}, "inputs.frame"),
    ],
)
def test_what_javascript_cannot_take_is_named(
    executor: CodeExecutor, value: dict[str, Any], path: str
) -> None:
    result = executor.execute_javascript("42", value)

    assert result.outcome is Outcome.FAILED
    assert result.error is not None
    assert path in result.error


def test_a_value_with_hostile_methods_is_an_error_that_names_it(executor: CodeExecutor) -> None:
    class Hostile:
        def __getattribute__(self, name: str) -> Any:
            raise RuntimeError("never")

    for language in DIALECTS:
        if language == "r" and shutil.which("R") is None:
            continue
        result = executor.execute("42", language, inputs={"bad": [Hostile()]})

        assert result.outcome is Outcome.FAILED
        assert result.error is not None
        assert "inputs.bad[0]" in result.error
