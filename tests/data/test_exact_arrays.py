"""Numpy's values between Python and Python."""

from __future__ import annotations

from typing import Any

import numpy
import pytest

from codeexec_magics.data import Arena, decode, encode
from codeexec_magics.data.encode import PYTHON

ARRAYS = [
    numpy.arange(6, dtype=code).reshape(2, 3)
    for code in ("i1", "<i2", ">i4", "<u8", "f2", ">f4", "f8", "longdouble", "c8", "<c16")
] + [
    numpy.array([True, False]),
    numpy.array(3.5),
    numpy.array([], dtype="f4"),
    numpy.zeros((3, 0, 2), dtype="<i4"),
    numpy.asfortranarray(numpy.arange(6.0).reshape(2, 3)),
    numpy.arange(24).reshape(4, 6)[::2, ::3],
    numpy.arange(10)[::-1],
    numpy.broadcast_to(numpy.arange(3), (2, 3)),
    numpy.array(["2020-01-01T00:00:00.123456789", "NaT"], dtype="M8[ns]"),
    numpy.array([1, "NaT"], dtype=">m8[us]"),
    numpy.array(["2020"], dtype="M8[Y]"),
    numpy.array([1, 2], dtype="M8[25s]"),
    numpy.array([(1, 2.0), (3, 4.0)], dtype=[("a", "i4"), ("b", ">f8")]),
    numpy.array([(1, "2020")], dtype=[("a", "i4"), ("t", "M8[s]")]),
    numpy.array(["a", "bcd", "é"]),
    numpy.array([b"a", b"bc"]),
    numpy.array([1, "a", None, [2]], dtype=object),
    numpy.array([numpy.nan, numpy.inf, -0.0]),
]


@pytest.mark.parametrize("array", ARRAYS, ids=lambda array: f"{array.dtype.str}-{array.shape}")
def test_an_array_arrives_the_same(trip: Any, array: Any) -> None:
    arrived = trip(array)

    assert type(arrived) is numpy.ndarray
    assert arrived.dtype == array.dtype
    assert arrived.dtype.str == array.dtype.str
    assert arrived.shape == array.shape
    if array.dtype == object:
        assert arrived.tolist() == array.tolist()
    else:
        assert arrived.tobytes() == array.tobytes()


def test_fortran_order_is_kept(trip: Any) -> None:
    assert trip(numpy.asfortranarray(numpy.ones((200, 300)))).flags.f_contiguous


@pytest.mark.parametrize(
    "scalar",
    [
        numpy.float64(0.1),
        numpy.float32("nan"),
        numpy.float16(1.5),
        numpy.longdouble(1) / 3,
        numpy.int8(-5),
        numpy.uint64(2**64 - 1),
        numpy.bool_(True),
        numpy.complex64(1 + 2j),
        numpy.datetime64("2020-01-01T00:00:00.000000001"),
        numpy.datetime64("NaT", "s"),
        numpy.timedelta64(5, "W"),
        numpy.str_("é"),
        numpy.bytes_(b"a\0b"),
        numpy.array([(1, 2.0)], dtype="i4,f8")[0],
    ],
    ids=lambda scalar: type(scalar).__name__,
)
def test_a_scalar_arrives_the_same(trip: Any, scalar: Any) -> None:
    arrived = trip([scalar])[0]

    assert type(arrived) is type(scalar)
    assert arrived.dtype == scalar.dtype
    assert arrived.tobytes() == scalar.tobytes()


def test_special_arrays_keep_their_class(trip: Any) -> None:
    masked = numpy.ma.array([1, 2, 3], mask=[False, True, False])

    assert repr(trip(masked)) == repr(masked)
    assert trip(numpy.rec.array([(1, 2)], names="a,b")).a.tolist() == [1]


@pytest.mark.parametrize("size", [10, 1_000_000], ids=["copied", "mapped"])
@pytest.mark.parametrize("dtype", ["f8", "M8[ns]"])
def test_arrays_are_private_and_writable(arena: Arena, size: int, dtype: str) -> None:
    array = numpy.arange(size).astype(dtype)
    descriptor = encode({"a": array}, arena, reader=PYTHON, root="inputs")
    arena.seal()

    first = decode(descriptor, arena, allow_pickle=False, root="inputs")["a"]
    first[0] = 77
    second = decode(descriptor, arena, allow_pickle=False, root="inputs")["a"]
    arena.close()

    assert first[0].astype("i8") == 77
    assert second.tobytes() == array.tobytes()


def test_times_within_an_object_stay_out_of_the_pickle(arena: Arena) -> None:
    value = {1, 2}, [numpy.arange(100_000).astype("M8[ns]")], numpy.ma.array([1])
    frame = numpy.array([None, numpy.arange(100_000).astype("m8[us]")], dtype=object)
    descriptor = encode([value, frame], arena, reader=PYTHON, root="inputs")

    assert max(length for _, length in descriptor["buffers"]) == 800_000
    arrived = decode(descriptor, arena, allow_pickle=True, root="inputs")[1][1]
    assert arrived.dtype == "m8[us]"
    assert arrived.tobytes() == frame[1].tobytes()
    arrived[0] = 5
