"""Generated frames: every dtype of pandas, polars and Arrow, every index, odd names.

A column is drawn by its kind: a function from a list of drawn places to the column. What a library
of this version does not know is left out.
"""

from __future__ import annotations

import datetime as dt
import decimal
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from hypothesis import strategies as st

BERLIN = ZoneInfo("Europe/Berlin")
NAMES = [
    "a",
    "",
    "a b",
    "__proto__",
    "constructor",
    "0",
    "12",
    "$",
    "é😀",
    "length",
    "map",
    "columns",
]
INTEGERS = [0, 1, -1, 5, 100, None]
NATURAL = [0, 1, 5, 100, None]
LARGE = [2**53 + 1, -(2**62) - 1, 3, None]
FLOATS = [0.0, -0.0, 1.0, 2.0, 1.5, -3.25, float("inf"), None, float("nan")]
TEXTS = ["", "a", "x y", "é😀", "a\0b", "null", None]
BOOLS = [True, False, None]
INSTANTS = [
    dt.datetime(2020, 1, 1),
    dt.datetime(1969, 12, 31, 23, 59, 59, 999000),
    dt.datetime(2026, 10, 25, 1, 30),
    None,
]
DAYS = [dt.date(2020, 1, 1), dt.date(1969, 12, 31), None]
DURATIONS = [dt.timedelta(0), dt.timedelta(1, 2, 3000), dt.timedelta(-1, 5), None]
TIMES = [dt.time(0), dt.time(23, 59, 59, 999999), None]
DECIMALS = [decimal.Decimal("1.10"), decimal.Decimal("-2.00"), None]

Maker = Callable[[list[Any]], Any]


def _without(pool: list[Any]) -> list[Any]:
    return [item for item in pool if item is not None and item == item]


def _objects(items: list[Any]) -> Any:
    made = np.empty(len(items), dtype=object)
    made[:] = items
    return pd.Series(made, dtype=object)


def _series(dtype: Any) -> Maker:
    return lambda items: pd.Series(items, dtype=dtype)


def _of_dateutil() -> list[str]:
    """A zone of dateutil, unless this version of pandas cannot list instants in it."""
    zone = "dateutil/Europe/Paris"
    try:
        _zoned(zone, "us")(INSTANTS).tolist()
    except AttributeError:
        return []
    return [zone]


def _zoned(zone: Any, unit: str) -> Maker:
    def make(items: list[Any]) -> Any:
        naive = pd.Series(items, dtype=f"M8[{unit}]")
        return naive.dt.tz_localize("UTC").dt.tz_convert(zone)

    return make


def _pandas_kinds() -> dict[str, tuple[list[Any], Maker]]:
    kinds: dict[str, tuple[list[Any], Maker]] = {}
    for bits in (8, 16, 32, 64):
        kinds[f"int{bits}"] = (_without(INTEGERS), _series(f"int{bits}"))
        kinds[f"uint{bits}"] = (_without(NATURAL), _series(f"uint{bits}"))
        kinds[f"Int{bits}"] = (INTEGERS, _series(f"Int{bits}"))
        kinds[f"UInt{bits}"] = (NATURAL, _series(f"UInt{bits}"))
        if bits > 8:
            kinds[f"float{bits}"] = (FLOATS, _series(f"float{bits}"))
    kinds["large"] = (_without(LARGE), _series("int64"))
    kinds["Large"] = (LARGE, _series("Int64"))
    for name in ("Float32", "Float64"):
        kinds[name] = (FLOATS[:-1], _series(name))
    kinds["bool"] = (_without(BOOLS), _series("bool"))
    kinds["boolean"] = (BOOLS, _series("boolean"))
    kinds["complex"] = ([1 + 2j, 0j], _series("complex128"))
    for name in ("str", "string[python]", "string[pyarrow]"):
        kinds[name] = (TEXTS, _series(name))
    for name, pool in {
        "text": TEXTS,
        "bytes": [b"", b"a\0", None],
        "days": DAYS,
        "decimals": DECIMALS,
        "mixed": [1, "a", 2.5, None, True, (1, "b"), [1, {"a": None}], {"k": [1.5]}],
        "nan": ["a", float("nan")],
    }.items():
        kinds[f"object {name}"] = (pool, _objects)
    for unit in ("s", "ms", "us", "ns"):
        whole = INSTANTS[:1] + INSTANTS[2:] if unit == "s" else INSTANTS
        kinds[f"M8[{unit}]"] = (whole, _series(f"M8[{unit}]"))
        spans = [dt.timedelta(0), dt.timedelta(1), None]
        kinds[f"m8[{unit}]"] = (spans, _series(f"m8[{unit}]"))
    zones = [dt.UTC, BERLIN, dt.timezone(dt.timedelta(hours=5, minutes=30))]
    for zone in (*zones, *_of_dateutil()):
        kinds[f"zoned {zone}"] = (INSTANTS, _zoned(zone, "us"))
    kinds["zoned ns"] = (INSTANTS, _zoned(BERLIN, "ns"))
    kinds["category"] = (["a", "b", None], lambda items: _category(items, ["c", "b", "a"]))
    kinds["category ordered"] = ([1, 3, None], lambda items: _category(items, [3, 2, 1], True))
    kinds["category days"] = (INSTANTS, lambda items: _category(items, INSTANTS[:-1]))
    kinds["sparse"] = ([0.0, 1.5], _series("Sparse[float64]"))
    kinds["sparse int"] = ([0, 7], _series("Sparse[int64]"))
    for name, kind, pool in _arrow_kinds():
        if not pa.types.is_null(kind):
            kinds[f"arrow {name}"] = (pool, _series(pd.ArrowDtype(kind)))
    return kinds


def _category(items: list[Any], categories: list[Any], ordered: bool = False) -> Any:
    return pd.Series(pd.Categorical(items, categories=categories, ordered=ordered))


def _arrow_kinds() -> list[tuple[str, Any, list[Any]]]:
    kinds: list[tuple[str, Any, list[Any]]] = [
        *((f"int{bits}", getattr(pa, f"int{bits}")(), INTEGERS) for bits in (8, 16, 32, 64)),
        *((f"uint{bits}", getattr(pa, f"uint{bits}")(), NATURAL) for bits in (8, 16, 32, 64)),
        ("large", pa.int64(), LARGE),
        ("float", pa.float32(), FLOATS),
        ("double", pa.float64(), FLOATS),
        ("bool", pa.bool_(), BOOLS),
        ("string", pa.string(), TEXTS),
        ("large_string", pa.large_string(), TEXTS),
        ("binary", pa.binary(), [b"", b"a\0", None]),
        ("date32", pa.date32(), DAYS),
        ("time64", pa.time64("us"), TIMES),
        ("decimal", pa.decimal128(12, 2), DECIMALS),
        ("list", pa.list_(pa.int64()), [[], [1, None], [2], None]),
        (
            "struct",
            pa.struct({"x": pa.float64(), "y": pa.string()}),
            [
                {"x": 1.0, "y": "a"},
                {"x": None, "y": None},
                None,
            ],
        ),
        ("null", pa.null(), [None]),
        ("dictionary", pa.dictionary(pa.int8(), pa.string()), ["a", "b", None]),
    ]
    for unit in ("s", "ms", "us", "ns"):
        whole = INSTANTS[:1] + INSTANTS[2:] if unit == "s" else INSTANTS
        kinds.append((f"timestamp {unit}", pa.timestamp(unit), whole))
        kinds.append(
            (f"duration {unit}", pa.duration(unit), [dt.timedelta(0), dt.timedelta(1), None])
        )
    for zone in ("UTC", "Europe/Berlin", "+05:30"):
        kinds.append((f"timestamp {zone}", pa.timestamp("us", zone), INSTANTS))
    return kinds


def _polars_kinds() -> dict[str, tuple[list[Any], Maker]]:
    def of(dtype: Any) -> Maker:
        return lambda items: pl.Series(items, dtype=dtype, strict=True)

    kinds: dict[str, tuple[list[Any], Maker]] = {
        "Boolean": (BOOLS, of(pl.Boolean)),
        "String": (TEXTS, of(pl.String)),
        "Binary": ([b"", b"a\0", None], of(pl.Binary)),
        "Float32": (FLOATS, of(pl.Float32)),
        "Float64": (FLOATS, of(pl.Float64)),
        "Int128": ([2**100, -1, None], of(pl.Int128)),
        "large": (LARGE, of(pl.Int64)),
        "Date": (DAYS, of(pl.Date)),
        "Time": (TIMES, of(pl.Time)),
        "Decimal": (DECIMALS, of(pl.Decimal(12, 2))),
        "List": ([[], [1, None], None], of(pl.List(pl.Int64))),
        "List text": ([[], ["a", None], None], of(pl.List(pl.String))),
        "Array": ([[1, 2], [3, None], None], of(pl.Array(pl.Int64, 2))),
        "Struct": (
            [{"x": 1.5, "y": "a"}, {"x": None, "y": None}, None],
            of(pl.Struct({"x": pl.Float64, "y": pl.String})),
        ),
        "Null": ([None], of(pl.Null)),
        "Enum": (["a", "b", None], of(pl.Enum(["b", "a", "c"]))),
        "Categorical": (["a", "b", None], of(pl.Categorical)),
    }
    for bits in (8, 16, 32, 64):
        kinds[f"Int{bits}"] = (INTEGERS, of(getattr(pl, f"Int{bits}")))
        kinds[f"UInt{bits}"] = (NATURAL, of(getattr(pl, f"UInt{bits}")))
    for unit in ("ms", "us", "ns"):
        kinds[f"Datetime {unit}"] = (INSTANTS, of(pl.Datetime(unit)))
        kinds[f"Duration {unit}"] = (DURATIONS, of(pl.Duration(unit)))
    for zone in ("UTC", "Europe/Berlin"):
        kinds[f"Datetime {zone}"] = (
            INSTANTS,
            lambda items, zone=zone: (
                pl.Series(items, dtype=pl.Datetime("us"))
                .dt.replace_time_zone("UTC")
                .dt.convert_time_zone(zone)
            ),
        )
    return kinds


PANDAS = _pandas_kinds()
POLARS = _polars_kinds()
ARROW = {
    name: (
        pool,
        lambda items, kind=kind: (
            pa.array(items, type=pa.string()).dictionary_encode().cast(kind)
            if pa.types.is_dictionary(kind)
            else pa.array(items, type=kind, from_pandas=False)
        ),
    )
    for name, kind, pool in _arrow_kinds()
}


@st.composite
def _columns(
    draw: st.DrawFn, kinds: dict[str, tuple[list[Any], Maker]]
) -> tuple[list[Any], int, list[str]]:
    count = draw(st.integers(0, 4))
    chosen = draw(st.lists(st.sampled_from(sorted(kinds)), min_size=1, max_size=4))
    made = []
    for name in chosen:
        pool, make = kinds[name]
        made.append(make(draw(st.lists(st.sampled_from(pool), min_size=count, max_size=count))))
    return made, count, chosen


def _names(count: int) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(NAMES), min_size=count, max_size=count, unique=True)


@st.composite
def pandas_frames(draw: st.DrawFn) -> pd.DataFrame:
    """A frame of pandas."""
    columns, count, _ = draw(_columns(PANDAS))
    frame = pd.DataFrame(dict(enumerate(columns)), index=pd.RangeIndex(count))
    frame.columns = pd.Index(draw(_names(len(columns))), dtype=object)
    index = draw(st.sampled_from(["range", "places", "text", "named", "levels", "instants"]))
    if index == "places":
        frame.index = pd.Index([7 * at for at in range(count)])
    elif index in ("text", "named"):
        labels = [f"r{at}" for at in range(count)]
        frame.index = pd.Index(labels, name="key" if index == "named" else None, dtype=object)
    elif index == "levels":
        places = list(range(count))
        frame.index = pd.MultiIndex.from_arrays(
            [places, [f"r{at}" for at in places]],
            names=["one", draw(st.sampled_from([None, "two"]))],
        )
    elif index == "instants":
        frame.index = pd.date_range("2020-01-01", periods=count, name="when", tz="Europe/Berlin")
    return frame


@st.composite
def polars_frames(draw: st.DrawFn) -> pl.DataFrame:
    """A frame of polars."""
    columns, _, _ = draw(_columns(POLARS))
    names = draw(_names(len(columns)))
    return pl.DataFrame([column.alias(name) for column, name in zip(columns, names, strict=True)])


@st.composite
def arrow_tables(draw: st.DrawFn) -> pa.Table:
    """A table of Arrow."""
    columns, _, _ = draw(_columns(ARROW))
    return pa.table(columns, names=draw(_names(len(columns))))
