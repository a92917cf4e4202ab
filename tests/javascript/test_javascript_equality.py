"""Equal, or not at all: dicts and their order, keys that Python counts as one, bytes and arrays."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from codeexec_magics import CodeExecutor

UTC = dt.UTC


def run(executor: CodeExecutor, source: str, **inputs: Any) -> Any:
    result = executor.execute(source, inputs=inputs, language="javascript")
    return result.output if result.success else result.error


def test_a_dict_with_text_as_keys_is_an_object(executor: CodeExecutor) -> None:
    given = {"$": 1, "b": {"__proto__": 2, "\ud800": 3}, "": 4}

    found = run(executor, "[Object.keys(v), v.$, {...v}, v]", v=given)

    assert found == [list(given), 1, given, given]
    assert run(executor, "v instanceof Map", v={1: 2, "$": 3})


@pytest.mark.parametrize(
    "given",
    [
        {"b": 1, "1": 2, "0": 3},
        {"10": 1, "9": 2, "-1": 3, "01": 4, "4294967295": 5},
        [{"z": 1, "1": [{"y": 2, "0": None}]}] * 2000,
    ],
    ids=["few", "odd", "many"],
)
def test_an_untouched_dict_keeps_the_order_of_its_keys(executor: CodeExecutor, given: Any) -> None:
    found = run(executor, "v", v=given)

    assert repr(found) == repr(given)


def test_a_changed_dict_keeps_the_order_of_what_stays(executor: CodeExecutor) -> None:
    given = {"b": 1, "1": 2, "c": 3, "0": 4}

    found = run(executor, "delete v.c; v.d = 5; v['2'] = 6; v", v=given)

    assert list(found) == ["b", "1", "0", "2", "d"]


SAME = [
    ("[new Date(0), new Date(0)]", {}),
    ("[Buffer.from('a'), Buffer.from('a')]", {}),
    ("[true, 1]", {}),
    ("[1n, 1]", {}),
    ("[v, 1]", {"v": Decimal(1)}),
    ("[v, 100]", {"v": Decimal("1E2")}),
    ("[v, 0.5]", {"v": Decimal("0.50")}),
    ("[v, 0.25]", {"v": Fraction(1, 4)}),
    ("[v, Infinity]", {"v": Decimal("Infinity")}),
    ("[a, b]", {"a": Decimal("1.1"), "b": Decimal("1.10")}),
    ("[a, b]", {"a": Decimal("0.1"), "b": Fraction(1, 10)}),
    ("[a, b]", {"a": (1, "x"), "b": (Decimal(1), "x")}),
    ("[a, b]", {"a": frozenset([1, 2]), "b": frozenset([2, 1])}),
    ("[v, 3]", {"v": complex(3, 0)}),
    ("[v, new Date(0)]", {"v": dt.datetime(1970, 1, 1, tzinfo=UTC)}),
    (
        "[a, b]",
        {
            "a": dt.datetime(1970, 1, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=1))),
            "b": dt.datetime(1970, 1, 1, tzinfo=UTC),
        },
    ),
    ("[a, b]", {"a": uuid.UUID(int=1), "b": uuid.UUID(int=1)}),
]


@pytest.mark.parametrize(("source", "inputs"), SAME, ids=[source for source, _ in SAME])
def test_keys_that_python_counts_as_one_are_refused(
    executor: CodeExecutor, source: str, inputs: dict[str, Any]
) -> None:
    # By their nodes two inputs that are one object here are two there, as two new values are.
    map_of = f"new Map({source}.map(key => [key, 0]))"
    for made in (map_of, f"new Set({source})"):
        assert "equals another key or member in Python" in run(executor, made, **inputs)


DIFFERENT = {
    "decimal and float": (Decimal("0.1"), 0.1),
    "fraction and float": (Fraction(1, 3), 1 / 3),
    "naive and aware": (dt.datetime(1970, 1, 1), dt.datetime(1970, 1, 1, tzinfo=UTC)),
    "date and datetime": (dt.date(1970, 1, 1), dt.datetime(1970, 1, 1)),
    "text and bytes": ("a", b"a"),
    "text and number": ("1", 1),
    "tuples": ((1, "a,"), (1, "a")),
    "tuple and item": ((1,), 1),
    "large": (Decimal("1E+999999"), 1),
    "not a number": (Decimal("NaN"), Decimal("-NaN")),
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_keys_that_differ_in_python_are_kept(executor: CodeExecutor, name: str) -> None:
    a, b = DIFFERENT[name]

    found = run(executor, "new Map([[a, 1], [b, 2]])", a=a, b=b)

    assert [(type(key), str(key), item) for key, item in found.items()] == [
        (type(a), str(a), 1),
        (type(b), str(b), 2),
    ]


def test_what_javascript_would_count_as_one_is_refused(executor: CodeExecutor) -> None:
    nan, other = float("nan"), float("inf") - float("inf")

    assert "has NaN twice" in run(executor, "v", v={nan: 1, other: 2})
    assert "has NaN twice" in run(executor, "v", v={nan, other})
    assert "reads as one" in run(executor, "v", v="\ud83d\ude00")
    assert run(executor, "v", v="\ude00\ud83d") == "\ude00\ud83d"


def test_bytes_are_buffers_and_arrays_are_arrays(executor: CodeExecutor) -> None:
    array = np.array([1, 2, 3], dtype="u1")

    for source in ("v", "v.map(x => x * 1)", "new Uint8Array([1, 2, 3])", "v.slice()"):
        found = run(executor, source, v=array)
        assert isinstance(found, np.ndarray), source
        assert (found.dtype, found.tolist()) == (np.dtype("u1"), [1, 2, 3])
    for source in ("v", "v.map(x => x)", "Buffer.from('ab')", "v.subarray()", "v.buffer"):
        assert run(executor, source, v=b"ab") == b"ab", source
    assert run(executor, "v", v=bytearray(b"ab")) == bytearray(b"ab")


def test_a_number_of_python_is_not_added_as_text(executor: CodeExecutor) -> None:
    price = Decimal("1.10")

    assert run(executor, "price + 1", price=price).startswith("TypeError: a decimal of Python has")
    assert "value.text" in run(executor, "price == 1", price=price)
    assert run(executor, "[`${price}`, price * 2, price > 1]", price=price) == ["1.10", 2.2, True]
    assert run(executor, "v + '/x'", v=uuid.UUID(int=1)) == f"{uuid.UUID(int=1)}/x"
