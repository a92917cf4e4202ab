"""What cannot travel is refused by path, type and a way out; nothing else escapes."""

from __future__ import annotations

import collections
import dataclasses
import datetime as dt
import enum
import sys
import threading
import types
from typing import Any

import numpy
import pandas
import polars
import pyarrow
import pytest

from codeexec_magics.data import (
    FOREIGN,
    PYTHON,
    Arena,
    encode,
)
from codeexec_magics.errors import EncodingFailed

BOTH = pytest.mark.parametrize("reader", [PYTHON, FOREIGN], ids=["python", "foreign"])


def refusal(value: Any, reader: frozenset[str] = PYTHON, root: str = "inputs") -> EncodingFailed:
    """The error, after a check that nothing of the value stays in the arena."""
    arena = Arena.create("test")
    arena.append(b"before")
    try:
        with pytest.raises(EncodingFailed) as caught:
            encode(value, arena, reader=reader, root=root)
        assert arena.size == 6
    finally:
        arena.close()
    assert str(caught.value).startswith(f"{caught.value.path} ")
    return caught.value


def named(name: str, **members: Any) -> Any:
    """An instance of a class that claims to be of ``__main__``, as a notebook's are."""
    return type(name, (), {"__module__": "__main__", **members})()


def raising(error: BaseException) -> Any:
    def method(*args: Any, **named: Any) -> Any:
        raise error

    return method


class Importable:
    """Of this module, so that pickle would take it."""

    def __init__(self, state: Any) -> None:
        self.state = state

    def __reduce__(self) -> Any:
        if isinstance(self.state, BaseException):
            raise self.state
        return Importable, (self.state,)


class Unreadable(Exception):
    def __str__(self) -> str:
        raise ZeroDivisionError


class Colour(enum.Enum):
    RED = 1


class Whole(enum.IntEnum):
    ONE = 1


@dataclasses.dataclass
class Row:
    x: int


def cycle() -> list[Any]:
    value: list[Any] = [1]
    value.append({"back": (value,)})
    return value


@BOTH
@pytest.mark.parametrize(
    ("value", "path", "words"),
    [
        ({"rows": [0, 1, 2, {"when": open}]}, "inputs.rows[3].when", "define it in the cell"),
        ({"a b": [len]}, 'inputs["a b"][0]', "define it in the cell"),
        ({"class": {1: lambda: 1}}, "inputs.class[1]", "define it"),
        ({"a": {(1, "x"): {2: sys}}}, "inputs.a[(1, 'x')][2]", "import it"),
        ({lambda: 1: 1}, "inputs.keys()", "define it"),
        ({(1, len): 1}, "inputs.keys()[1]", "define it"),
        ([(x for x in [])], "inputs[0]", "list(…)"),
        ([{}.keys()], "inputs[0]", "list(…)"),
        ([open("/dev/null")], "inputs[0]", "its path"),  # noqa: SIM115
        ([threading.Lock()], "inputs[0]", "send its data"),
        ([memoryview(b"")], "inputs[0]", "bytes(…)"),
        (cycle(), "inputs[1].back[0]", "contains itself"),
        ({"": [named("Mine")]}, 'inputs[""][0]', "Mine"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_refusal_names_path_and_way_out(
    reader: frozenset[str], value: Any, path: str, words: str
) -> None:
    error = refusal(value, reader)

    assert error.path == path
    assert words in str(error)


@BOTH
def test_what_is_nested_too_deeply_is_refused(reader: frozenset[str]) -> None:
    value: Any = []
    for _ in range(10_000):
        value = [value]

    error = refusal(value, reader)

    assert "200 levels" in str(error)
    assert len(str(error)) < 300


def test_depth_does_not_depend_on_where_it_is_sent_from() -> None:
    value: Any = 1
    for level in range(200):
        value = {level: value}

    def deeper(levels: int) -> Any:
        if levels:
            return deeper(levels - 1)
        arena = Arena.create("test")
        try:
            return encode(value, arena, reader=PYTHON, root="inputs")["codec"]
        finally:
            arena.close()

    assert deeper(100) == "tree"
    assert refusal([value]).path.startswith("inputs[0][199][198]")


@pytest.mark.parametrize(
    "value",
    [
        named("Mine"),
        [type(named("Mine"))],
        Importable(named("Mine")),
        Importable(type(named("Mine"))),
        pandas.DataFrame({"a": [named("Mine")]}),
        numpy.array([named("Mine")], dtype=object),
        collections.OrderedDict(a=named("Mine")),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_only_this_process_has_is_refused_within_pickles(value: Any) -> None:
    assert "Mine, which only this process has" in str(refusal({"x": value}))


def test_a_function_of_the_notebook_is_refused_within_pickles() -> None:
    function = types.FunctionType((lambda: 1).__code__, {"__name__": "__main__"}, "helper")
    function.__module__ = "__main__"
    function.__qualname__ = "helper"

    assert "function helper" in str(refusal(Importable(function)))


@pytest.mark.parametrize(
    "error",
    [
        ValueError("no"),
        Unreadable(),
        SystemExit(3),
        GeneratorExit(),
        RecursionError(),
        MemoryError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_whatever_a_reduce_raises_is_a_refusal(error: BaseException) -> None:
    assert refusal([1, Importable(error)]).path == "inputs[1]"


def test_an_interrupt_is_no_refusal(arena: Arena) -> None:
    with pytest.raises(KeyboardInterrupt):
        encode(Importable(KeyboardInterrupt()), arena, reader=PYTHON, root="inputs")


@BOTH
@pytest.mark.parametrize("method", ["__repr__", "__str__", "__eq__", "__hash__", "__iter__"])
def test_a_value_whose_methods_raise_is_refused_by_name(
    reader: frozenset[str], method: str
) -> None:
    hostile = named("Hostile", **{method: raising(ZeroDivisionError())})
    hostile_too = named("Hostile", __getattribute__=raising(ZeroDivisionError()))

    for value in (hostile, hostile_too):
        assert "Hostile" in str(refusal({"x": [value]}, reader))


@BOTH
def test_a_class_whose_metaclass_raises_is_refused(reader: frozenset[str]) -> None:
    class Meta(type):
        __hash__ = raising(ZeroDivisionError())
        __eq__ = raising(ZeroDivisionError())
        __getattribute__ = raising(ZeroDivisionError())

    assert refusal({"a": [1, Meta("Odd", (), {})()]}, reader).path.startswith("inputs")


@BOTH
def test_a_zone_that_raises_is_refused(reader: frozenset[str]) -> None:
    class Zone(dt.tzinfo):
        utcoffset = dst = tzname = raising(ZeroDivisionError("lost"))
        __reduce__ = raising(ZeroDivisionError("lost"))

    error = refusal({"t": dt.datetime(2020, 1, 1, tzinfo=Zone())}, reader)

    assert error.path == "inputs.t"
    assert "lost" in str(error)


def test_a_key_that_cannot_be_shown_does_not_hide_the_error() -> None:
    class Key:
        __repr__ = raising(ZeroDivisionError())

    assert refusal({Key(): len}).path == "inputs[<Key instance>]"


@pytest.mark.parametrize(
    ("value", "path", "words"),
    [
        (Colour.RED, "", ".value"),
        (int, "", "no counterpart"),
        (map(str, []), "", "list(…)"),
        (Whole.ONE, "", ".value"),
        (Row(1), "", "asdict"),
        (collections.deque([1]), "", "send"),
        (type("Text", (str,), {})("a"), "", "str(…)"),
        (dt.datetime(2020, 1, 1, microsecond=1), "", "isoformat"),
        (dt.time(1, tzinfo=__import__("zoneinfo").ZoneInfo("UTC")), "", "no counterpart"),
        (numpy.array([1, len], dtype=object), "[1]", "define it"),
        (numpy.zeros(1, "m8[Y]"), "", "astype"),
        (numpy.zeros(1, [("a", "i4")]), "", "x.dtype.names"),
        (numpy.ma.array([1]), "", "tolist"),
        (numpy.array([["1970", "1970-01-01T00:00:00.0001"]], "M8[us]"), "[0][1]", "floor"),
        (numpy.array(["300000"], "M8[Y]"), "[0]", "year"),
        (numpy.datetime64(1, "ns"), "", "fraction"),
        (pandas.DataFrame({"t": pandas.to_datetime([0, 1], unit="ns")}), ".t[1]", "floor"),
        (pandas.DataFrame({"d": pandas.to_timedelta([1], unit="ns")}), ".d[0]", "microsecond"),
        (pandas.DataFrame({"p": pandas.period_range("2020", periods=1)}), ".p", "astype(str)"),
        (pandas.DataFrame({"o": [{"f": [len]}]}), ".o[0].f[0]", "define it"),
        (pandas.DataFrame([[1, 2]], columns=["a", "a"]), "", "rename"),
        (pandas.DataFrame([[1, 2]], columns=["1", 1]), "", "rename"),
        (pandas.DataFrame({True: [1]}), "", "bool"),
        (pandas.Timestamp(1), "", "round"),
        (pandas.Timedelta(1), "", "round"),
        (pandas.Period("2020"), "", "no counterpart"),
        (polars.DataFrame({"a": [1]}).lazy(), "", "collect"),
        (
            polars.DataFrame({"t": polars.Series([1], dtype=polars.Datetime("ns"))}),
            ".t[0]",
            "floor",
        ),
        (polars.DataFrame({"t": polars.Series([1], dtype=polars.Time)}), ".t", "microseconds"),
        (polars.Series([[1]], dtype=polars.List(polars.Duration("ns"))), "", "microseconds"),
        (polars.col("a"), "", "no counterpart"),
        (pyarrow.scalar(1), "", "as_py"),
        (pyarrow.array([1], pyarrow.time64("ns")), "", "microseconds"),
        (pyarrow.table([[1], [2]], names=["a", "a"]), "", "rename"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_another_language_does_not_get_what_it_has_not(value: Any, path: str, words: str) -> None:
    error = refusal({"x": value}, FOREIGN)

    assert error.path == "inputs.x" + path
    assert words in str(error)


def test_python_without_pickles_gets_the_tree_alone(trip: Any) -> None:
    tree = frozenset({"python"})

    assert trip([(1,), numpy.int8(1)], reader=tree) == [(1,), 1]
    assert trip(numpy.array([dt.datetime(2020, 1, 1, microsecond=1)], "M8[us]"), reader=tree).size
    assert "without a pickle" in str(refusal(pandas.DataFrame(), tree))


def test_the_root_is_the_callers_word() -> None:
    assert refusal([len], root="result").path == "result[0]"


def test_a_full_arena_is_a_refusal(arena: Arena) -> None:
    arena.seal()

    with pytest.raises(EncodingFailed, match=r"^inputs\.x cannot be read out"):
        encode({"x": b"x" * 2000}, arena, reader=PYTHON, root="inputs")
