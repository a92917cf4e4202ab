"""The rows of a statement as a frame, exactly: no integer becomes a float, nothing is cut.

Runs in the child. DuckDB hands rows over as Arrow; what Arrow has no exact form for is told by the
types that DuckDB names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .query_values import INTEGERS, contains, converter, type_id

_INT64 = 2**63
_ENDLESS = (_INT64 - 1, 1 - _INT64)
"""How DuckDB writes the instants before and after all others."""


def frame_of(
    table: Any, types: Sequence[Any], kind: str, zones: Mapping[str, str] | None = None
) -> Any:
    """A table of Arrow as a frame.

    Args:
        table: The rows.
        types: DuckDB's type of each column.
        kind: ``pandas``, ``polars`` or ``arrow``.
        zones: The time zone of the columns of that name, where it is not UTC.

    Raises:
        ValueError: A column has no exact form; says which, and the way out.
    """
    columns = []
    for at, name in enumerate(table.column_names):
        try:
            column = _MAKERS[kind](table.column(at), types[at], name)
            columns.append(_in_zone(column, kind, (zones or {}).get(name)))
        except Exception as error:  # noqa: BLE001 - whatever a library cannot hold
            quoted = '"' + name.replace('"', '""') + '"'
            raise ValueError(
                f"the column {name!r} ({types[at]}) {_reason(error)}; cast it: {quoted}::varchar"
            ) from None
    return _ASSEMBLED[kind](columns, table.column_names, table.num_rows)


def _reason(error: Exception) -> str:
    text = str(error).partition("\n")[0]
    return text if text.startswith(("has ", "is ")) else f"has a value that does not fit: {text}"


def _pandas(column: Any, kind: Any, name: str) -> Any:
    import pandas
    import pyarrow

    kinds, convert = pyarrow.types, converter(kind)
    if type_id(kind) in INTEGERS:
        column = _integers(column, kind)
        convert = convert if kinds.is_decimal(column.type) else None
    if convert is not None:
        values = [None if value is None else convert(value) for value in column.to_pylist()]
        if type_id(kind) == "interval":
            return _durations(values)
        return pandas.Series(values, dtype=object)
    if column.null_count and kinds.is_integer(column.type):
        return column.to_pandas(types_mapper={column.type: _nullable(column.type)}.get)
    if column.null_count and kinds.is_boolean(column.type):
        return column.to_pandas(types_mapper=lambda _: pandas.BooleanDtype())
    made = column.to_pandas()
    if kinds.is_timestamp(column.type) and len(made):
        _refuse_endless(made.min(), made.max(), lambda instant: instant.asm8.astype("int64"))
    return made


def _polars(column: Any, kind: Any, name: str) -> Any:
    import polars

    convert = converter(kind)
    if type_id(kind) in INTEGERS:
        column = _integers(column, kind)
        if str(column.type) == "int64":
            return polars.from_arrow(column)
        return polars.Series(_made(column, convert), dtype=polars.Int128, strict=True)
    if type_id(kind) == "interval":
        return polars.Series(_made(column, convert), dtype=polars.Duration("us"))
    if contains(kind, ("interval", "uhugeint", "union")):
        raise ValueError("is of a type that polars has not")
    made = polars.from_arrow(column)
    if str(column.type).startswith("timestamp") and len(made):
        physical = made.to_physical()
        _refuse_endless(physical.min(), physical.max(), lambda instant: instant)
    return made


def _arrow(column: Any, kind: Any, name: str) -> Any:
    convert = converter(kind)
    if type_id(kind) not in INTEGERS:
        if contains(kind, ("uhugeint",)):
            raise ValueError("is of a type that Arrow has not")
        return column
    column = _integers(column, kind)
    if str(column.type) != "int64" and any(
        value is not None and abs(value) >= 10**38 for value in _made(column, convert)
    ):
        raise ValueError("has a number of more than 38 digits, which Arrow has not")
    return column


def _made(column: Any, convert: Any) -> list[Any]:
    return [None if value is None else convert(value) for value in column.to_pylist()]


def _integers(column: Any, kind: Any) -> Any:
    """Whole numbers of 128 bits as such of 64, where all of them fit; else as they are."""
    import numpy
    import pyarrow

    chunks = []
    for chunk in column.chunks:
        validity, data = chunk.buffers()
        words = numpy.frombuffer(data, "<i8", (chunk.offset + len(chunk)) * 2).reshape(-1, 2)
        low = numpy.ascontiguousarray(words[:, 0])
        fits = words[:, 1] == (low >> 63)
        if type_id(kind) == "uhugeint":
            fits &= low >= 0
        if not fits[chunk.offset :].all():
            return column
        parts = [validity, pyarrow.py_buffer(low)]
        chunks.append(
            pyarrow.Array.from_buffers(pyarrow.int64(), len(chunk), parts, offset=chunk.offset)
        )
    return pyarrow.chunked_array(chunks, pyarrow.int64())


def _durations(values: list[Any]) -> Any:
    import pandas

    try:
        return pandas.Series(values, dtype="timedelta64[us]")
    except (OverflowError, ValueError):
        return pandas.Series(values, dtype=object)


def _refuse_endless(first: Any, last: Any, number: Any) -> None:
    for instant in (first, last):
        if instant is not None and instant == instant and number(instant) in _ENDLESS:
            raise ValueError("has an instant that is infinite, which no library has")


def _in_zone(column: Any, kind: str, zone: str | None) -> Any:
    """An instant in the zone that its column had: DuckDB keeps none."""
    if zone is None:
        return column
    if kind == "pandas":
        is_zoned = getattr(column.dtype, "tz", None) is not None
        return column.dt.tz_convert(zone) if is_zoned else column
    if kind == "polars":
        is_zoned = getattr(column.dtype, "time_zone", None) is not None
        return column.dt.convert_time_zone(zone) if is_zoned else column
    import pyarrow

    if not pyarrow.types.is_timestamp(column.type) or column.type.tz is None:
        return column
    return column.cast(pyarrow.timestamp(column.type.unit, zone))


def _nullable(kind: Any) -> Any:
    import pandas

    return getattr(pandas, f"{'U' if str(kind).startswith('u') else ''}Int{kind.bit_width}Dtype")()


def _pandas_frame(columns: list[Any], names: list[str], rows: int) -> Any:
    import pandas

    frame = pandas.DataFrame(dict(enumerate(columns)), index=pandas.RangeIndex(rows))
    frame.columns = pandas.Index(names, dtype=None if names else frame.columns.dtype)
    return frame


def _polars_frame(columns: list[Any], names: list[str], rows: int) -> Any:
    import polars

    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(
            f"polars has no two columns of one name: {', '.join(sorted(twice))}; name them: x as y"
        )
    return polars.DataFrame([column.alias(name) for column, name in zip(columns, names)])


def _arrow_table(columns: list[Any], names: list[str], rows: int) -> Any:
    import pyarrow

    return pyarrow.Table.from_arrays(columns, names=names)


_MAKERS = {"pandas": _pandas, "polars": _polars, "arrow": _arrow}
_ASSEMBLED = {"pandas": _pandas_frame, "polars": _polars_frame, "arrow": _arrow_table}
