"""The rows of a statement as a frame, exactly: no integer becomes a float, nothing is cut.

Runs in the child. DuckDB hands rows over as Arrow; what Arrow has no exact form for is told by the
types that DuckDB names.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

_INTEGERS = 2**63


def frame_of(table: Any, types: dict[str, str], kind: str) -> Any:
    """A table of Arrow as a frame.

    Args:
        table: The rows.
        types: The column's name → DuckDB's type.
        kind: ``pandas``, ``polars`` or ``arrow``.

    Raises:
        ValueError: A column has no exact form; says which, and the way out.
    """
    table = _with_integers(table, types)
    if kind == "arrow":
        return table
    if kind == "polars":
        import polars

        _refuse_intervals(table)
        return polars.from_arrow(table)
    return _pandas(table, types)


def _with_integers(table: Any, types: dict[str, str]) -> Any:
    """The table with whole numbers of 128 bits as such of 64, where all of them fit."""
    import pyarrow

    for at, name in enumerate(table.column_names):
        if types.get(name) not in ("HUGEINT", "UHUGEINT"):
            continue
        values = [None if value is None else int(value) for value in table.column(at).to_pylist()]
        if all(value is None or -_INTEGERS <= value < _INTEGERS for value in values):
            column = pyarrow.array(values, pyarrow.int64())
            table = table.set_column(at, pyarrow.field(name, column.type), column)
    return table


def _refuse_intervals(table: Any) -> None:
    for field in table.schema:
        if str(field.type) == "month_day_nano_interval":
            raise ValueError(
                f"the column {field.name!r} is an INTERVAL, which polars has not; "
                f'cast it: "{field.name}"::varchar'
            )


def _pandas(table: Any, types: dict[str, str]) -> Any:
    import pandas
    import pyarrow

    kinds = pyarrow.types
    columns = {}
    for at, name in enumerate(table.column_names):
        column = table.column(at)
        convert = _object_of(column.type, types.get(name, ""), name)
        if convert is not None:
            values = [None if value is None else convert(value) for value in column.to_pylist()]
            columns[at] = pandas.Series(values, dtype=object)
        elif column.null_count and kinds.is_integer(column.type):
            columns[at] = column.to_pandas(types_mapper={column.type: _nullable(column.type)}.get)
        elif column.null_count and kinds.is_boolean(column.type):
            columns[at] = column.to_pandas(types_mapper=lambda _: pandas.BooleanDtype())
        else:
            columns[at] = column.to_pandas()
    frame = pandas.DataFrame(columns, index=pandas.RangeIndex(table.num_rows))
    frame.columns = pandas.Index(
        table.column_names, dtype=frame.columns.dtype if not (table.column_names) else None
    )
    return frame


def _nullable(kind: Any) -> Any:
    import pandas

    return getattr(pandas, f"{'U' if str(kind).startswith('u') else ''}Int{kind.bit_width}Dtype")()


def _object_of(kind: Any, named: str, column: str) -> Callable[[Any], Any] | None:
    """How a value of a type is made that pandas keeps as an object; None for all others."""
    import pyarrow

    kinds = pyarrow.types
    if named in ("HUGEINT", "UHUGEINT") and kinds.is_decimal(kind):
        return int
    if named == "UUID":
        return uuid.UUID
    if str(kind) == "month_day_nano_interval":

        def convert(value: Any) -> timedelta:
            return _duration_of(value, column)

        return convert
    if kinds.is_nested(kind):
        return _nested(kind)
    return None


def _as_it_is(value: Any) -> Any:
    return value


def _duration_of(value: Any, column: str) -> timedelta:
    if value.months or value.nanoseconds % 1000:
        raise ValueError(
            f"the column {column!r} is an INTERVAL with months, which no timedelta has; "
            f'cast it: "{column}"::varchar'
        )
    return timedelta(days=value.days, microseconds=value.nanoseconds // 1000)


def _nested(kind: Any) -> Callable[[Any], Any]:
    """Lists and dicts; a map is a dict, not the list of pairs that Arrow makes of it."""
    import pyarrow

    kinds = pyarrow.types
    if kinds.is_map(kind):
        inner = _nested(kind.item_type)
        return lambda pairs: {key: None if item is None else inner(item) for key, item in pairs}
    if kinds.is_struct(kind):
        parts = {field.name: _nested(field.type) for field in kind}
        return lambda value: {
            name: None if item is None else parts[name](item) for name, item in value.items()
        }
    if kinds.is_list(kind) or kinds.is_large_list(kind) or kinds.is_fixed_size_list(kind):
        each = _nested(kind.value_type)
        return lambda items: [None if item is None else each(item) for item in items]
    return _as_it_is
