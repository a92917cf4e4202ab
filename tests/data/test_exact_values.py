"""What Python sends to Python arrives the same, in type and value."""

from __future__ import annotations

import datetime as dt
import decimal
import fractions
import math
import pathlib
import string
import uuid
import zoneinfo
from collections import Counter, OrderedDict, defaultdict, namedtuple
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codeexec_magics.data import Arena, decode, encode
from codeexec_magics.data.encode import PYTHON

BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
Point = namedtuple("Point", "x y")  # noqa: PYI024 (a hostile value, not a type of ours)

SURROGATES = st.text(st.characters(codec=None, exclude_categories=()), max_size=5)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(2**80), 2**80),
    st.floats(),
    SURROGATES,
    st.text(string.ascii_letters + "$é", max_size=5),
    st.binary(max_size=8),
    st.binary(max_size=8).map(bytearray),
    st.complex_numbers(),
    st.decimals(),
    st.fractions(),
    st.dates(),
    st.datetimes(),
    st.datetimes(timezones=st.timezones()),
    st.datetimes(timezones=st.just(dt.UTC)),
    st.times(),
    st.timedeltas(),
    st.uuids(),
)
KEYS = st.one_of(SURROGATES, st.integers(), st.booleans(), st.none(), st.just("$"), st.dates())
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(KEYS, inner, max_size=4),
        st.dictionaries(st.text(max_size=3), inner, max_size=4),
        st.lists(st.dictionaries(st.sampled_from("ab$"), inner, max_size=2), max_size=3),
        st.sets(st.one_of(st.integers(), st.text(max_size=3)), max_size=4),
        st.frozensets(st.tuples(st.integers(), st.text(max_size=2)), max_size=3),
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(VALUES)
def test_any_tree_arrives_the_same(trip: Any, same: Any, value: Any) -> None:
    assert same(value, trip(value))


@pytest.mark.parametrize(
    "value",
    [
        -0.0,
        math.nan,
        -math.inf,
        5e-324,
        1e308,
        1.0,
        2**53 - 1,
        2**53,
        -(2**53),
        -(2**53) + 1,
        10**6000,
        True,
        "",
        "\ud83d\ude00",
        "\U0001f600",
        "\0",
        ["\ud83d", "\ude00"],
        {"$": 1},
        {"$": "int", "v": "0x1"},
        {"\udc80": 1},
        {1: "a", "1": "b", None: "c", (1, 2): "d"},
        b"\0" * 5000,
        bytearray(b"\xff" * 5000),
        b"",
        complex(math.nan, -0.0),
        decimal.Decimal("-0.00"),
        decimal.Decimal("Infinity"),
        fractions.Fraction(10**5000, 3),
        dt.datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN, fold=1),
        dt.datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN, fold=0),
        dt.datetime(2026, 3, 29, 2, 30, tzinfo=BERLIN),
        dt.datetime(1, 1, 1),
        dt.datetime.max,
        dt.datetime(2020, 1, 1, fold=1),
        dt.datetime(2020, 1, 1, tzinfo=dt.timezone(dt.timedelta(seconds=-1, microseconds=5))),
        dt.datetime(2020, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=1), "CET")),
        dt.time(1, 2, 3, 4, tzinfo=dt.UTC, fold=1),
        dt.time(1, tzinfo=BERLIN),
        dt.timedelta.min,
        dt.timedelta.max,
        uuid.UUID(int=0),
        pathlib.PurePosixPath("/a/é"),
        pathlib.PureWindowsPath("C:\\x"),
        pathlib.PosixPath("/tmp/\udcff"),
        range(3),
        range(2**70, 0, -(2**65)),
        {frozenset({1}): {2}},
        set(),
        (),
        [()],
        [[]],
        [(1, 2.0), (None, "x")],
        [{1}, {2}],
        Point(1, 2),
        OrderedDict(b=1, a=2),
        Counter("aab"),
        defaultdict(int, a=1),
        ValueError("x").__class__,
        ...,
        [Ellipsis, NotImplemented],
        slice(1, 2),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_value_at_a_border_arrives_the_same(trip: Any, same: Any, value: Any) -> None:
    assert same(value, trip(value))


@pytest.mark.parametrize("number", [2**53 - 1, 2**53, -(2**53), 1.5, math.nan, -0.0, "\ud800", "é"])
@pytest.mark.parametrize("shape", ["list", "column", "matrix", "mapping", "tuples"])
def test_a_border_within_homogeneous_data_is_noticed(
    trip: Any, same: Any, number: Any, shape: str
) -> None:
    shapes = {
        "list": [1, number, 2],
        "column": [{"a": 1, "b": number}, {"a": 2, "b": number}],
        "matrix": [[1, 2], [3, number]],
        "mapping": {"a": number, "b": 1},
        "tuples": [(1, number), (2, number)],
    }

    assert same(shapes[shape], trip(shapes[shape]))


def test_large_text_goes_through_the_arena(arena: Arena) -> None:
    value = ["é" * 1000] * 100
    descriptor = encode(value, arena, reader=PYTHON, root="inputs")

    assert "inline" not in descriptor
    assert descriptor["offset"] % 64 == 0
    assert value == decode(descriptor, arena, allow_pickle=False, root="inputs")


def test_large_bytes_go_through_the_arena_and_small_ones_do_not(arena: Arena) -> None:
    descriptor = encode([b"x" * 1024, b"y" * 1025], arena, reader=PYTHON, root="inputs")

    assert descriptor["buffers"] == [[0, 1025]]


def test_a_change_after_encoding_is_not_seen(arena: Arena) -> None:
    value = {"rows": [{"a": 1}]}
    descriptor = encode(value, arena, reader=PYTHON, root="inputs")

    value["rows"][0]["a"] = 2

    assert decode(descriptor, arena, allow_pickle=False, root="x") == {"rows": [{"a": 1}]}


def test_nesting_up_to_the_stated_depth_arrives(trip: Any, same: Any) -> None:
    value: Any = {"end": ()}
    for level in range(198):
        value = [(value,), {"a": value}, {1: value}][level % 3]

    assert same(value, trip(value))
