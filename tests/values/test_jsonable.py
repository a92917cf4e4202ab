"""A result's record in JSON: exact where that is possible, never an exception."""

from __future__ import annotations

import datetime as dt
import decimal
import json
import math
import pathlib
import subprocess
import sys
import uuid
from fractions import Fraction
from typing import Any

import numpy
import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codeexec_magics.protocol.jsonable import LARGEST, from_jsonable, to_jsonable
from codeexec_magics.values.results import ExecutionResult, Outcome

EXACT: list[Any] = [
    None, True, 0, -1, 2**53, -(10**5000), 1.5, -0.0, math.inf, "", "é", "\ud800", "\ud83d\ude00",
    b"", b"\xff" * 5000, bytearray(b"a"), (), (1, (2,)), {1, "a"}, frozenset({(1,)}), set(), [], {},
    {1: 2, "1": 3, None: 4, (1, 2): 5}, {"$": "lossy", "type": "x", "text": "y"}, {"$": 1},
    {"\ud800": 1}, dt.date(1, 1, 1), dt.datetime(2020, 1, 1, fold=1), dt.time(1), dt.timedelta(-1),
    dt.datetime(2020, 1, 1, tzinfo=dt.UTC), decimal.Decimal("1.10"), Fraction(1, 3), 1 - 2j,
    uuid.UUID(int=5), pathlib.PurePosixPath("a"), range(1, 9, 2), numpy.float64(0.1),
    numpy.int8(-3), numpy.bool_(True), numpy.datetime64("2020-01-01"), numpy.complex64(1j),
]  # fmt: skip


def through_json(value: Any) -> tuple[Any, bool]:
    form, lossy = to_jsonable(value)
    return from_jsonable(json.loads(json.dumps(form, allow_nan=False))), lossy


@pytest.mark.parametrize("value", EXACT, ids=lambda value: type(value).__name__)
def test_a_known_kind_is_exact(value: Any) -> None:
    read, lossy = through_json({"in": [value]})

    assert not lossy
    assert type(read["in"][0]) is type(value)
    assert read["in"][0] == value


def test_a_nan_is_a_nan() -> None:
    read, lossy = through_json([math.nan, numpy.float32("nan")])

    assert not lossy
    assert math.isnan(read[0])
    assert type(read[1]) is numpy.float32
    assert math.isnan(read[1])


@settings(deadline=None, max_examples=100)
@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False)
        | st.text()
        | st.binary(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner),
        max_leaves=8,
    )
)
def test_any_plain_value_is_exact(value: Any) -> None:
    assert through_json(value) == (value, False)


def raising(error: BaseException) -> Any:
    def method(*args: Any) -> Any:
        raise error

    return method


class Meta(type):
    __hash__ = raising(ZeroDivisionError())
    __eq__ = raising(ZeroDivisionError())
    __getattribute__ = raising(ZeroDivisionError())


def endless() -> list[Any]:
    value: list[Any] = []
    value.append({"again": value})
    return value


def deep() -> Any:
    value: Any = 1
    for _ in range(10_000):
        value = [value]
    return value


def hostile(**methods: Any) -> Any:
    return type("Hostile", (), methods)()


# In a function, since pytest itself compares and shows the values of a parametrisation.
def strange() -> dict[str, Any]:
    zone = type("Zone", (dt.tzinfo,), {"utcoffset": raising(SystemExit())})()
    return {
        "object": object(),
        "function": lambda: 1,
        "module": sys,
        "repr raises": hostile(__repr__=raising(ValueError("no"))),
        "repr exits": hostile(__repr__=raising(SystemExit(1))),
        "repr recurses": hostile(__repr__=raising(RecursionError())),
        "repr is no text": hostile(__repr__=lambda self: 5),
        "repr is no unicode": hostile(__repr__=lambda self: "\ud800"),
        "repr is large": hostile(__repr__=lambda self: "x" * 10**7),
        "attributes raise": hostile(__getattribute__=raising(ZeroDivisionError())),
        "class raises": Meta("Odd", (), {})(),
        "frame": pandas.DataFrame({"a": [1]}),
        "array": numpy.arange(10**6),
        "cycle": endless(),
        "deep": deep(),
        "text": type("Text", (str,), {"__str__": raising(ZeroDivisionError())})("a"),
        "zone": dt.datetime(2020, 1, 1, tzinfo=zone),
    }


@pytest.mark.parametrize("name", strange())
def test_anything_else_is_kept_as_type_and_text(name: str) -> None:
    value = strange()[name]

    for wrapped in (value, [value], {"a": value}, {"a": (1, value)}):
        form, lossy = to_jsonable(wrapped)

        assert lossy
        assert len(json.dumps(form, allow_nan=False)) < 100_000
        from_jsonable(form)


def test_the_rest_of_the_value_stays_exact() -> None:
    form, lossy = to_jsonable({"frame": pandas.DataFrame({"a": [1]}), "n": (1, 2)})

    assert lossy
    assert form["frame"]["$"] == "lossy"
    assert form["frame"]["type"].endswith("DataFrame")
    assert from_jsonable(form) == {"frame": "   a\n0  1", "n": (1, 2)}


@pytest.mark.parametrize(
    "value",
    [
        "x" * (LARGEST + 1),
        list(range(LARGEST)),
        b"x" * LARGEST,
        [[["x" * 1000]]] * 2000,
        "é" * 900_000,
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_too_large_is_kept_as_type_and_text(value: Any) -> None:
    form, lossy = to_jsonable(value)

    assert lossy
    assert form["$"] == "lossy"
    assert form["type"] == type(value).__name__
    assert 0 < len(form["text"]) <= 10_000


def test_shared_parts_do_not_explode() -> None:
    value: Any = ["x"]
    for _ in range(60):
        value = [value, value]

    assert to_jsonable(value)[1]


def test_an_interrupt_passes() -> None:
    with pytest.raises(KeyboardInterrupt):
        to_jsonable(hostile(__repr__=raising(KeyboardInterrupt())))


def test_a_result_survives_its_record() -> None:
    result = ExecutionResult(Outcome.SUCCEEDED, output={"t": (1, {2}), 3: dt.date(2020, 1, 1)})
    record = json.loads(json.dumps(result.to_dict(), allow_nan=False))

    assert not record["lossy"]
    assert ExecutionResult.from_dict(record) == result


def test_importing_it_imports_no_library() -> None:
    code = (
        "import sys, codeexec_magics.protocol.jsonable as t; t.to_jsonable([1, (2,), object()]);"
        "print([m for m in ('numpy','pandas','decimal','uuid','pathlib') if m in sys.modules])"
    )
    path = str(pathlib.Path(sys.modules["codeexec_magics"].__file__ or "").parent.parent)
    start = f"import sys; sys.path.insert(0, {path!r}); "
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", start + code], capture_output=True, text=True, check=True
    )

    assert done.stdout == "[]\n"
