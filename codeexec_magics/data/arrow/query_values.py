"""One value of a query as Python has it, exactly: by the type that DuckDB names, at any depth.

Runs in the child; pure functions. Arrow has several of DuckDB's types as text, bytes, or decimals.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Optional

Convert = Optional[Callable[[Any], Any]]
"""Makes a value of what Arrow's `to_pylist` gives; None where that is exact as it is."""

INTEGERS = ("hugeint", "uhugeint")
NESTED = ("list", "array", "struct", "map", "union")
_UNKNOWN = {"bit", "bignum", "variant", "time with time zone"}
"""Types whose Arrow form is not their value."""


_ALIKE = ("string", "boolean", "bytes", "date", "floating", "empty", "categorical")


def are_alike(column: Any) -> bool:
    """Whether the objects of a column of pandas are of one kind, which DuckDB reads as it is."""
    from pandas.api.types import infer_dtype

    return str(infer_dtype(column, skipna=True)) in _ALIKE


def type_id(kind: Any) -> str:
    """The name of a type of DuckDB, without its parameters."""
    return str(getattr(kind, "id", kind)).lower()


def contains(kind: Any, names: tuple[str, ...]) -> bool:
    """Whether a type is one of these, or holds one."""
    return type_id(kind) in names or any(contains(child, names) for child in _children(kind))


def converter(kind: Any) -> Convert:
    """What makes a value of a type.

    Raises:
        ValueError: Python has no exact form of the type.
    """
    name = type_id(kind)
    if name in _UNKNOWN:
        raise ValueError("has no exact form in Python")
    if name == "hugeint":
        return int
    if name == "uhugeint":
        return _unsigned
    if name == "uuid":
        return uuid.UUID
    if name == "interval":
        return _duration
    return _nested(name, kind) if name in NESTED else None


def _nested(name: str, kind: Any) -> Convert:
    parts = {label: converter(child) for label, child in _labelled(kind)}
    if name in ("list", "array"):
        each = parts.get("child")
        return lambda items: [_made(each, item) for item in items]
    if name == "map":
        return lambda pairs: {
            _made(parts["key"], key): _made(parts["value"], item) for key, item in pairs
        }
    if name == "struct":
        return lambda value: {label: _made(parts[label], item) for label, item in value.items()}
    if any(parts.values()):  # Arrow does not tell which member a value is
        raise ValueError("is a UNION of types that Python has no exact form of")
    return lambda value: value


def _made(convert: Convert, value: Any) -> Any:
    return value if value is None or convert is None else convert(value)


def _labelled(kind: Any) -> list[tuple[str, Any]]:
    # What is no type: the length of an array.
    return [(label, child) for label, child in kind.children if hasattr(child, "id")]


def _children(kind: Any) -> list[Any]:
    return [child for _, child in _labelled(kind)] if type_id(kind) in NESTED else []


def _unsigned(value: Any) -> int:
    """Arrow has 128 bits with a sign only."""
    return int(value) % 2**128


def _duration(value: Any) -> timedelta:
    if value.months or value.nanoseconds % 1000:
        raise ValueError("has an interval with months, which no timedelta has")
    return timedelta(days=value.days, microseconds=value.nanoseconds // 1000)
