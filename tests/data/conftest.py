"""Arenas and trips for the tests of the codec."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars
import pytest

from codeexec_magics.data import (
    PYTHON,
    Arena,
    decode,
    encode,
)

# Runs once more than a module's function fixtures do, so that hypothesis may use it.
Trip = Callable[[Any], Any]


@pytest.fixture(scope="session", autouse=True)
def polars_has_started() -> None:
    """The threads of polars open descriptors at its first use, which are no leak of ours."""
    polars.Series([1, None]).fill_null(0)


@pytest.fixture
def arena() -> Iterator[Arena]:
    made = Arena.create("test")
    yield made
    made.close()


@pytest.fixture(scope="session")
def trip() -> Trip:
    """Out and back, from Python to Python."""

    def there_and_back(value: Any, *, reader: frozenset[str] = PYTHON) -> Any:
        made = Arena.create("test")
        try:
            text = json.dumps(encode(value, made, reader=reader, root="inputs"), allow_nan=False)
            made.seal()
            return decode(json.loads(text), made, allow_pickle="pickle" in reader, root="inputs")
        finally:
            made.close()

    return there_and_back


@pytest.fixture(scope="session")
def foreign() -> Callable[[Any], Any]:
    """The node that a language without Arrow gets, and, of its buffers, the bytes."""

    def node(value: Any) -> Any:
        made = Arena.create("test")
        try:
            descriptor = encode(value, made, reader=frozenset(), root="inputs")
            if "inline" in descriptor:
                found = descriptor["inline"]
            else:
                found = json.loads(made.read(descriptor["offset"], descriptor["length"]))
            buffers = [bytes(made.read(*place)) for place in descriptor.get("buffers", ())]
            return _resolved(found, buffers)
        finally:
            made.close()

    return node


def _resolved(node: Any, buffers: list[bytes]) -> Any:
    if isinstance(node, list):
        return [_resolved(item, buffers) for item in node]
    if isinstance(node, dict):
        return {
            key: buffers[item]
            if key in ("b", "valid") and "$" in node
            else _resolved(item, buffers)
            for key, item in node.items()
        }
    return node


@pytest.fixture(scope="session")
def same() -> Callable[[Any, Any], bool]:
    """Whether two values are the same in type and value, in every part."""
    return _same


def _same(left: Any, right: Any) -> bool:
    """Equality that tells 1 from 1.0 and True, 0.0 from -0.0, and takes NaN for itself."""
    if type(left) is not type(right):
        return False
    if isinstance(left, float):
        both_nan = math.isnan(left) and math.isnan(right)
        return both_nan or (left == right and math.copysign(1, left) == math.copysign(1, right))
    if isinstance(left, complex):
        return _same(left.real, right.real) and _same(left.imag, right.imag)
    if isinstance(left, (list, tuple)):
        return len(left) == len(right) and all(map(_same, left, right))
    if isinstance(left, dict):
        return len(left) == len(right) and all(
            _same(a, c) and _same(b, d)
            for (a, b), (c, d) in zip(left.items(), right.items(), strict=True)
        )
    if isinstance(left, (set, frozenset)):
        return _same(sorted(left, key=repr), sorted(right, key=repr))
    if isinstance(left, Decimal):
        return repr(left) == repr(right)
    if isinstance(left, (int, Fraction)):
        return bool(left == right)
    return (
        bool(left == right)
        and repr(left) == repr(right)
        and getattr(left, "fold", 0) == getattr(right, "fold", 0)
    )
