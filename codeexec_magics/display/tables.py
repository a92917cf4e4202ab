"""Write the corner of a table as people who know pandas expect it.

Lives wherever a result is shown and owns nothing. Numbers carry no thousands separators, because
a column of years or of keys is numbers too; floats of one column share their number of decimals;
midnight is left out where every value of a column is at midnight.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from codeexec_magics.display.blocks import Cell, Column, Table
from codeexec_magics.display.one_line import (
    brief,
    is_scalar,
    spoken,
    type_name,
)
from codeexec_magics.display.safe_access import attempt
from codeexec_magics.display.table_preview import HEAD_ROWS, TAIL_ROWS, Grid, Strip, is_absent
from codeexec_magics.display.wording import (
    cut,
    on_one_line,
    width,
)

_DECIMALS = 6
_LARGEST_FIXED = 1e15
# In pixels, as in style.css: what a card has inside, and letters of its sizes at their average.
_WIDEST_TABLE = 920.0
_WIDEST_CELL = 325.0
_PADDING = 20.0
_NARROW = 24
_SHORT = 15
_LETTER, _BOLD, _SMALL = 7.7, 8.8, 6.7
_MIDNIGHT = " 00:00:00"


def table_of(grid: Grid) -> Table:
    """The block that shows a grid: of its columns the first and last that have room."""
    columns = [_column(strip) for strip in grid.strips]
    if sum(map(_width, columns)) > _WIDEST_TABLE:
        columns = [_narrowed(column) for column in columns]
    if sum(map(_width, columns)) > _WIDEST_TABLE:
        columns = [replace(column, name=_middle_cut(column.name, _SHORT)) for column in columns]
    labels = [column for column in columns if column.label]
    head, tail = _fitting(columns[len(labels) :], _WIDEST_TABLE - sum(map(_width, labels)), grid)
    shown = [*labels, *head]
    rows = len(grid.strips[0].values) if grid.strips else 0
    if grid.columns is not None and len(head) + len(tail) < grid.columns:
        shown.append(Column("…", "", False, (Cell("…"),) * rows))
    shown += tail
    if rows < grid.rows:
        shown = [_with_gap(column) for column in shown]
    return Table(tuple(shown), _caption(grid, rows, len(head), len(tail)))


def _fitting(columns: list[Column], room: float, grid: Grid) -> tuple[list[Column], list[Column]]:
    """The columns from both ends that have room, two of the beginning for each of the end."""
    if grid.columns is None or (len(columns) == grid.columns and sum(map(_width, columns)) <= room):
        return columns, []
    room -= _width(Column("…", "", False, (Cell("…"),)))
    head, tail = 0, 0
    while head + tail < len(columns):
        from_end = (head + tail) % 3 == 1
        column = columns[-1 - tail] if from_end else columns[head]
        room -= _width(column)
        if room < 0 and head:
            break
        head, tail = head + (not from_end), tail + from_end
    return columns[:head], columns[len(columns) - tail :]


def _with_gap(column: Column) -> Column:
    """The column with a mark where rows are left out."""
    before, behind = column.cells[:HEAD_ROWS], column.cells[HEAD_ROWS:]
    return replace(column, cells=(*before, Cell("…"), *behind))


def _narrowed(column: Column) -> Column:
    cells = tuple(replace(cell, text=cut(cell.text, _NARROW)) for cell in column.cells)
    return replace(
        column,
        name=_middle_cut(column.name, _NARROW),
        dtype=cut(column.dtype, _NARROW),
        cells=cells,
    )


def _middle_cut(name: str, longest: int) -> str:
    """A name without its middle: names of many columns differ at their ends."""
    if len(name) <= longest:
        return name
    half = (longest - 1) // 2
    return f"{name[: longest - 1 - half]}…{name[-half:]}"


def _width(column: Column) -> float:
    """Pixels that a column takes in a card, by and large."""
    bold = _BOLD * width(column.name)
    small = _SMALL * width(column.dtype)
    widest = _LETTER * max((width(cell.text) for cell in column.cells), default=0)
    return _PADDING + min(max(bold, small, widest), _WIDEST_CELL)


def _caption(grid: Grid, rows: int, head: int, tail: int) -> str:
    shown = []
    if rows < grid.rows:
        noun = " rows" if grid.columns is not None else ""
        shown.append(f"first {rows - TAIL_ROWS} and last {TAIL_ROWS}{noun}")
    if grid.columns is not None and head + tail < grid.columns:
        last = f" and last {tail}" if tail else ""
        shown.append(f"first {head}{last} {'column' if head + tail == 1 else 'columns'}")
    return f"{grid.size}, {', '.join(shown)} shown" if shown else grid.size


def _column(strip: Strip) -> Column:
    present = [value for value in strip.values if not _is_missing(value)]
    numeric = bool(present) and all(_is_number(value) for value in present)
    texts = iter(_texts(present))
    cells = tuple(
        Cell(_nothing(value, strip.nothing), missing=True)
        if _is_missing(value)
        else Cell(next(texts))
        for value in strip.values
    )
    typed = [value for value in strip.values if type(value) is float or not _is_missing(value)]
    dtype = _own_types(typed) if strip.dtype is None else strip.dtype
    return Column(spoken(strip.name), cut(on_one_line(dtype), 40), numeric, cells, strip.label)


def _nothing(value: object, word: str) -> str:
    if value is None:
        return word
    return "" if is_absent(value) else "NaN" if isinstance(value, float) else spoken(value)


def _is_missing(value: object) -> bool:
    if value is None or is_absent(value):
        return True
    if type(value) is float:
        return math.isnan(value)
    return type_name(value) in {"NaTType", "NAType"} or (
        is_scalar(value) and attempt(lambda: bool(value != value), False)
    )


def _is_number(value: object) -> bool:
    if type(value) in {int, float, complex}:
        return True
    return is_scalar(value) and type_name(value).lower().startswith(
        ("int", "uint", "float", "complex", "decimal", "fraction")
    )


def _texts(values: list[Any]) -> list[str]:
    kinds = {type(value) for value in values}
    if float in kinds and kinds <= {float, int}:
        return _decimals(values)
    texts = [_cell(value) for value in values]
    if texts and all(text.endswith(_MIDNIGHT) for text in texts):
        return [text.removesuffix(_MIDNIGHT) for text in texts]
    return texts


def _cell(value: object) -> str:
    return spoken(value) if isinstance(value, str) or is_scalar(value) else brief(value)


def _decimals(values: list[Any]) -> list[str]:
    """Floats as pandas writes them: six decimals at most, zeros cut off as one."""
    numbers = [_as_float(value) for value in values]
    sizes = [abs(number) for number in numbers if math.isfinite(number) and number]
    if any(size < 10**-_DECIMALS or size >= _LARGEST_FIXED for size in sizes):
        return [f"{number:.{_DECIMALS}e}" for number in numbers]

    texts = [f"{number:.{_DECIMALS}f}" for number in numbers]
    finite = [text for text in texts if "." in text]
    needed = max((len(text.rstrip("0").partition(".")[2]) for text in finite), default=1)
    surplus = _DECIMALS - max(needed, 1)
    return [text[:-surplus] if surplus and "." in text else text for text in texts]


def _as_float(value: Any) -> float:
    return attempt(lambda: float(value), math.inf if value > 0 else -math.inf)


def _own_types(values: list[Any]) -> str:
    names = sorted({type_name(value) for value in values})
    if names == ["float", "int"]:
        return "float"
    return names[0] if len(names) == 1 else "mixed" if names else "None"
