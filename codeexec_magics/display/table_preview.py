"""See a table in a frame, a series, an array or a list of records.

Lives wherever a result is shown and owns nothing. No library is imported: a value is known by the
name of its type, and only its first and last rows and columns are asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from codeexec_magics.display.one_line import spoken
from codeexec_magics.display.safe_access import attempt, origin
from codeexec_magics.display.wording import counted

HEAD_ROWS, TAIL_ROWS = 7, 3
"""Rows that are shown of a long table's beginning and end."""
HEAD_COLUMNS, TAIL_COLUMNS = 8, 4
"""Columns that are shown of a wide table's beginning and end, where there is room for them."""

_ABSENT = object()
_PARAMETER = re.compile(r"(?:, )?\w+=None|\w+=|'")


@dataclass(frozen=True, slots=True)
class Strip:
    """One column's first and last values, as the library gives them.

    Attributes:
        name: Its heading, of any type.
        dtype: Its type in the library's words; None where values have only their own.
        values: The first and the last values.
        label: Whether it names the rows.
        nothing: What the library calls None.
    """

    name: Any
    dtype: str | None
    values: list[Any]
    label: bool = False
    nothing: str = "None"


@dataclass(frozen=True, slots=True)
class Grid:
    """The ends of a table, and the size of the whole.

    Attributes:
        strips: The first and last columns, an index before them.
        size: How large the whole is, in words.
        rows: How many rows there are.
        columns: How many columns there are; None for a single series of values.
    """

    strips: list[Strip]
    size: str
    rows: int
    columns: int | None


def grid_of(value: object) -> Grid | None:
    """The table that a value is, or None if it is none, or one that refuses to be read."""
    if type(value) is list:
        return _records(value)
    reader = _READERS.get(origin(value))
    return attempt(lambda: reader(value), None) if reader is not None else None


def _rows(count: int) -> list[int]:
    """The positions of the rows that are shown."""
    return _ends(count, HEAD_ROWS, TAIL_ROWS)


def _columns(count: int) -> list[int]:
    """The positions of the columns that may be shown."""
    return _ends(count, HEAD_COLUMNS, TAIL_COLUMNS)


def _ends(count: int, head: int, tail: int) -> list[int]:
    if count <= head + tail:
        return list(range(count))
    return [*range(head), *range(count - tail, count)]


def _records(rows: list[Any]) -> Grid | None:
    shown = [rows[position] for position in _rows(len(rows))]
    if not shown or not all(type(row) is dict and row for row in shown):
        return None

    names = list(dict.fromkeys(name for row in shown for name in row))
    strips = [
        Strip(names[position], None, [row.get(names[position], _ABSENT) for row in shown])
        for position in _columns(len(names))
    ]
    return Grid(strips, _rows_and_columns(len(rows), len(names)), len(rows), len(names))


def is_absent(value: object) -> bool:
    """Whether a record has no such key at all."""
    return value is _ABSENT


def _pandas_frame(frame: Any) -> Grid:
    rows, columns = (int(number) for number in frame.shape)
    corner = frame.iloc[_rows(rows), _columns(columns)]
    strips = _pandas_labels(corner.index, rows)
    levels = int(corner.columns.nlevels)
    for name, column in corner.items():
        heading = name if levels == 1 else " / ".join(spoken(part) for part in name)
        strips.append(Strip(heading, str(column.dtype), column.tolist()))
    return Grid(strips, _rows_and_columns(rows, columns), rows, columns)


def _pandas_series(series: Any) -> Grid:
    rows = len(series)
    shown = series.iloc[_rows(rows)]
    strips = _pandas_labels(shown.index, rows)
    strips.append(
        Strip("" if series.name is None else series.name, str(series.dtype), shown.tolist())
    )
    return Grid(strips, counted(rows, "value"), rows, None)


def _pandas_labels(index: Any, rows: int) -> list[Strip]:
    # The index that everybody gets, 0, 1, 2, …, says nothing that the rows do not say.
    if index.name is None and index.tolist() == _rows(rows):
        return []
    levels = int(index.nlevels)
    parts = [index] if levels == 1 else [index.get_level_values(level) for level in range(levels)]
    return [
        Strip("" if part.name is None else part.name, str(part.dtype), part.tolist(), label=True)
        for part in parts
    ]


def _polars_frame(frame: Any) -> Grid:
    rows, columns = (int(number) for number in frame.shape)
    parts = [frame.to_series(position) for position in _columns(columns)]
    strips = [_polars_strip(part) for part in parts]
    return Grid(strips, _rows_and_columns(rows, columns), rows, columns)


def _polars_series(series: Any) -> Grid:
    return Grid([_polars_strip(series)], counted(len(series), "value"), len(series), None)


def _polars_strip(series: Any) -> Strip:
    values = series.gather(_rows(len(series))).to_list()
    # Datetime(time_unit='us', time_zone=None) is told as Datetime(us).
    dtype = _PARAMETER.sub("", str(series.dtype))
    return Strip(series.name, dtype, values, nothing="null")


def _arrow_table(table: Any) -> Grid:
    rows, columns = int(table.num_rows), int(table.num_columns)
    strips = []
    for position in _columns(columns):
        field = table.schema.field(position)
        values = _arrow_values(table.column(position))
        strips.append(Strip(field.name, str(field.type), values, nothing="null"))
    return Grid(strips, _rows_and_columns(rows, columns), rows, columns)


def _arrow_array(array: Any) -> Grid:
    strip = Strip("", str(array.type), _arrow_values(array), nothing="null")
    return Grid([strip], counted(len(array), "value"), len(array), None)


def _arrow_values(array: Any) -> list[Any]:
    if len(array) <= HEAD_ROWS + TAIL_ROWS:
        return list(array.to_pylist())
    tail = array.slice(len(array) - TAIL_ROWS)
    return [*array.slice(0, HEAD_ROWS).to_pylist(), *tail.to_pylist()]


def _array(array: Any) -> Grid | None:
    shape = tuple(int(number) for number in array.shape)
    fields = array.dtype.names
    if len(shape) == 1 and fields:
        shown = array[_rows(shape[0])]
        strips = [
            Strip(fields[position], str(array.dtype[position]), shown[fields[position]].tolist())
            for position in _columns(len(fields))
        ]
        return Grid(strips, _rows_and_columns(shape[0], len(fields)), shape[0], len(fields))
    if len(shape) != 2 or fields:
        return None

    rows = array[_rows(shape[0])]
    # One type holds for all; the card's header tells it.
    strips = [Strip(position, "", rows[:, position].tolist()) for position in _columns(shape[1])]
    return Grid(strips, f"{shape[0]:,} × {shape[1]:,} array", shape[0], shape[1])


def _rows_and_columns(rows: int, columns: int) -> str:
    return f"{counted(rows, 'row')} × {counted(columns, 'column')}"


_READERS: dict[tuple[str, str], Callable[[Any], Grid | None]] = {
    ("pandas", "DataFrame"): _pandas_frame,
    ("geopandas", "GeoDataFrame"): _pandas_frame,
    ("pandas", "Series"): _pandas_series,
    ("polars", "DataFrame"): _polars_frame,
    ("polars", "Series"): _polars_series,
    ("pyarrow", "Table"): _arrow_table,
    ("pyarrow", "RecordBatch"): _arrow_table,
    ("pyarrow", "ChunkedArray"): _arrow_array,
    ("numpy", "ndarray"): _array,
}
