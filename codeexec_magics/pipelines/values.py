"""The values that flow between steps: parts of them, their truth, and how large they are.

Runs in the process that runs a pipeline; calls the values' own methods.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from codeexec_magics.errors import DataError
from codeexec_magics.pipelines.nodes import nearest
from codeexec_magics.pipelines.step import Reference

LARGEST_KEPT = 8 << 20
"""Bytes up to which a value is kept although nobody needs it any more: a later run may."""
_PLAIN = (bool, int, float, complex, type(None))


def part_of(value: Any, to: Reference) -> Any:
    """What a reference means within the value that it names.

    Raises:
        DataError: There is no such part; names those that there are.
    """
    where = to.name
    for key in to.path:
        try:
            value = _part(value, key)
        except Exception:  # noqa: BLE001 - whatever a value's own methods raise
            raise DataError(f"`{where}` has no {_missing(value, key)}", path=str(to)) from None
        where += f"[{key}]" if isinstance(key, int) else f".{key}"
    return value


def is_true(value: Any, to: Reference) -> bool:
    """A value's truth.

    Raises:
        DataError: It has none, as a frame.
    """
    try:
        return bool(value)
    except Exception:  # noqa: BLE001 - whatever a value's own methods raise
        kind = type(value).__name__
        raise DataError(
            f"when: `{to}` is a {kind}, which is neither true nor false", path=str(to)
        ) from None


def size_of(value: Any, limit: int = LARGEST_KEPT) -> int | None:
    """The bytes that a value takes, roughly; None beyond a limit, or where it does not tell."""
    size = 0
    pending = [value]
    while pending:
        found = pending.pop()
        kind = type(found)
        if kind in _PLAIN:
            size += 32
        elif kind in (str, bytes, bytearray):
            size += len(found) + 50
        elif kind in (list, tuple, set, frozenset, dict):
            size += 64 + 8 * len(found)
            if size <= limit:
                pending.extend(found)
                pending.extend(found.values() if kind is dict else ())
        else:
            own = _own_size(found)
            if own is None:
                return None
            size += own
        if size > limit:
            return None
    return size


def _own_size(value: Any) -> int | None:
    """What a library's object says of its size: an array's or a frame's."""
    try:
        if hasattr(value, "memory_usage"):  # pandas
            return int(value.memory_usage(index=True).sum())
        if hasattr(value, "estimated_size"):  # polars
            return int(value.estimated_size())
        return int(value.nbytes)
    except Exception:  # noqa: BLE001 - whatever a value's own methods raise
        return None


def _part(value: Any, key: str | int) -> Any:
    if isinstance(key, int) or isinstance(value, Mapping) or hasattr(value, "columns"):
        return value[key]
    try:
        return value[key]
    except Exception:  # noqa: BLE001 - no mapping after all
        return getattr(value, key)


def _missing(value: Any, key: str | int) -> str:
    if isinstance(key, int):
        length = f"; it has {len(value):,}" if hasattr(value, "__len__") else ""
        return f"item {key}{length}"
    names = [name for name in value if isinstance(name, str)] if isinstance(value, Mapping) else []
    some = f"; it has {', '.join(f'`{name}`' for name in names[:8])}" if names else ""
    return f"`{key}`{nearest(key, names) or some or f'; it is a {type(value).__name__}'}"
