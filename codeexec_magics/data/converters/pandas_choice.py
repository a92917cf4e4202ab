"""What pandas makes of a column's values by itself, but where that would round.

Used in the kernel.
"""

from __future__ import annotations

import datetime
from typing import Any

from . import one_kind

_LARGEST_EXACT = 2**53


def natural(values: Any, where: one_kind.Where) -> Any:
    """What pandas makes of a column's values, but where that would round.

    Raises:
        DataError: It would, and nothing else holds them.
    """
    import pandas

    root = type(values).__module__.partition(".")[0]
    if root == "pyarrow":
        return _of_arrow(values)
    if root in ("pandas", "numpy"):
        return values.reset_index(drop=True) if root == "pandas" else values
    if root == "polars":
        return values.to_frame().to_pandas().iloc[:, 0]
    items = list(values)
    types = set(map(type, items))
    if types <= {int, float, type(None)} and int in types and len(types) > 1:
        return _mixed_numbers(items, float in types, where)
    made = pandas.Series(items, dtype=None if items else object)
    if made.dtype != object and types & {tuple, set, frozenset}:
        return pandas.Series(items, dtype=object)
    if getattr(made.dtype, "unit", "us") == "ns" and types <= {datetime.datetime, type(None)}:
        return made.dt.as_unit("us")  # as they are by themselves; pandas 2 takes all for finer
    return made


def _mixed_numbers(items: list[Any], has_floats: bool, where: one_kind.Where) -> Any:
    """Integers beside fractions, or beside nothing, which pandas makes floats."""
    import pandas

    large = [item for item in items if type(item) is int and abs(item) > _LARGEST_EXACT]
    if not large:
        return pandas.Series(items, dtype="float64")
    if has_floats:
        one_kind.require(items, where, "pandas")  # refuses what is not exact
        return pandas.Series(items, dtype="float64")
    try:
        return pandas.array(items, dtype="Int64" if max(large) < 2**63 else "UInt64")
    except (OverflowError, TypeError, ValueError):
        return pandas.Series(items, dtype=object)


def _of_arrow(array: Any) -> Any:
    """Text of Arrow as pandas would hold it if it were given a list; the rest as Arrow gives it."""
    import pandas
    import pyarrow

    kinds, kind = pyarrow.types, array.type
    if kinds.is_string(kind) or kinds.is_large_string(kind):
        dtype: Any = pandas.Series([""]).dtype
        if getattr(dtype, "storage", None) == "pyarrow":
            return dtype.__from_arrow__(array)
        return pandas.Series(array.to_pylist(), dtype=object)
    return of_table(pyarrow.table([array], names=["0"]), "arrow").iloc[:, 0]


def of_table(value: Any, kind: str) -> Any:
    """A frame of a table, whose large integers are not rounded where others are missing."""
    import pyarrow

    made = value.to_pandas()
    table = value.to_arrow() if kind == "polars" else value
    for at, field in enumerate(table.schema):
        column = table.column(at)
        if pyarrow.types.is_integer(field.type) and column.null_count and _is_large(column):
            unsigned = pyarrow.types.is_unsigned_integer(field.type)
            made.isetitem(at, _masked(column, "UInt64" if unsigned else "Int64", made.index))
        elif pyarrow.types.is_nested(field.type) and _rounds_within(column):
            made.isetitem(at, _objects(column, made.index))
    return made


def _is_large(column: Any) -> bool:
    import pyarrow.compute as compute

    bounds = compute.min_max(column).as_py()
    return bool(bounds["min"] is not None and max(-bounds["min"], bounds["max"]) > _LARGEST_EXACT)


def _rounds_within(column: Any) -> bool:
    """Whether integers in lists or structs are large while others are missing."""
    import pyarrow

    chunks = column.chunks if isinstance(column, pyarrow.ChunkedArray) else [column]
    return any(_rounds(chunk) for chunk in chunks)


def _rounds(array: Any) -> bool:
    import pyarrow

    kinds, kind = pyarrow.types, array.type
    if kinds.is_integer(kind):
        return bool(array.null_count) and _is_large(array)
    if kinds.is_struct(kind) or kinds.is_list(kind) or kinds.is_large_list(kind):
        return any(map(_rounds, array.flatten() if kinds.is_struct(kind) else [array.flatten()]))
    return False


def _masked(column: Any, name: str, index: Any) -> Any:
    import pandas

    dtype: Any = pandas.api.types.pandas_dtype(name)
    import pyarrow

    whole = column.cast(pyarrow.from_numpy_dtype(dtype.numpy_dtype))
    return pandas.Series(dtype.__from_arrow__(whole), index=index)


def _objects(column: Any, index: Any) -> Any:
    import numpy
    import pandas

    values: Any = numpy.empty(len(column), dtype=object)
    values[:] = column.to_pylist()
    return pandas.Series(values, index=index, dtype=object)
