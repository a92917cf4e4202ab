"""Generated values of the standard library and numpy, nested, with odd keys."""

from __future__ import annotations

import datetime as dt
import pathlib
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from frames import NAMES
from hypothesis import strategies as st

ZONES = [
    None,
    dt.UTC,
    dt.timezone(dt.timedelta(hours=-3, minutes=-30)),
    ZoneInfo("Europe/Berlin"),
    ZoneInfo("America/New_York"),
]


@st.composite
def instants(draw: st.DrawFn) -> dt.datetime:
    """A datetime in whole milliseconds."""
    naive = draw(st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2100, 1, 1)))
    naive = naive.replace(microsecond=naive.microsecond // 1000 * 1000)
    return naive.replace(tzinfo=draw(st.sampled_from(ZONES)), fold=draw(st.sampled_from([0, 1])))


hashable: st.SearchStrategy[Any] = st.one_of(
    st.integers(-(2**70), 2**70),
    st.text(max_size=5),
    st.binary(max_size=5),
    st.dates(),
    st.uuids(),
    st.decimals(allow_nan=False),
)
scalars: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-10, 10),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=5),
    st.binary(max_size=5),
    instants(),
    st.dates(),
    st.times(),
    st.timedeltas(),
    st.decimals(),
    st.fractions(),
    st.complex_numbers(),
    st.uuids(),
    st.builds(range, st.integers(-5, 5), st.integers(-5, 5)),
    st.builds(pathlib.PurePosixPath, st.text("ab/", max_size=5)),
)
DTYPES = ["?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"]

SWAPPED = [">i4", ">u2", ">f8", ">f2", ">c16", ">M8[ms]"]


@st.composite
def arrays(draw: st.DrawFn) -> Any:
    """An array of numpy, of any dtype."""
    shape = draw(st.sampled_from([(0,), (3,), (2, 2), (1, 2, 2)]))
    kind = draw(
        st.sampled_from([*DTYPES, "U", "S", "O", "M8[D]", "M8[ms]", "M8[us]", "m8[s]", *SWAPPED])
    )
    count = int(np.prod(shape))
    small = draw(st.lists(st.integers(0, 100), min_size=count, max_size=count))
    if kind in "US":
        return np.array([str(item) for item in small], dtype=kind).reshape(shape)
    if kind == "O":
        made = np.empty(count, dtype=object)
        made[:] = [draw(scalars) for _ in small]
        return made.reshape(shape)
    if kind[0] in "Mm":
        return np.array(small, dtype="i8").astype(kind).reshape(shape)
    return np.array(small).astype(kind).reshape(shape)


def nested(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Lists, tuples, dicts and sets of these, within one another."""
    keys = st.one_of(st.sampled_from([*NAMES, "toJSON"]), st.text(max_size=3))
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.lists(inner, max_size=3).map(tuple),
            st.dictionaries(keys, inner, max_size=3),
            st.dictionaries(hashable, inner, max_size=2),
            st.sets(hashable, max_size=2),
            st.frozensets(hashable, max_size=2),
        ),
        max_leaves=6,
    )


values = nested(st.one_of(scalars, arrays()))
cells = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("xyz"), inner, max_size=3)
    ),
    max_leaves=4,
)


@st.composite
def rows(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Rows whose cells are often of one kind, and sometimes of several."""
    one = st.sampled_from(
        [st.integers(-5, 5), st.floats(), st.text(max_size=3), cells, st.booleans()]
    )
    kinds = {
        name: draw(one) for name in draw(st.lists(st.sampled_from("abc"), unique=True, min_size=1))
    }
    optional = {name: st.one_of(st.none(), kind) for name, kind in kinds.items()}
    return draw(st.lists(st.fixed_dictionaries({}, optional=optional), max_size=4))
