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
from codeexec_magics.display.brief import (
    brief,
    is_scalar,
    spoken,
    type_name,
)
from codeexec_magics.display.grids import Grid, Strip, is_absent
from codeexec_magics.display.guard import attempt
from codeexec_magics.display.wording import (
    counted,
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
_LETTER, _BOLD, _SMALL = 7.7, 8.8, 6.7
_MIDNIGHT = " 00:00:00"


def table_of(grid: Grid) -> Table:
    """The block that shows a grid, as many of its columns as stand beside each other."""
    columns = [_column(strip) for strip in grid.strips]
    if sum(map(_width, columns)) > _WIDEST_TABLE:
        columns = [_narrowed(column) for column in columns]
    shown: list[Column] = []
    room = _WIDEST_TABLE
    for column in columns:
        room -= _width(column)
        if room < 0 and any(not before.label for before in shown):
            break
        shown.append(column)

    names = sum(column.label for column in shown)
    caption = _caption(grid, len(shown) - names)
    if grid.columns is not None and len(shown) - names < grid.columns:
        rows = len(grid.strips[0].values) if grid.strips else 0
        shown.append(Column("…", "", False, (Cell("…"),) * rows))
    return Table(tuple(shown), caption)


def _narrowed(column: Column) -> Column:
    cells = tuple(replace(cell, text=cut(cell.text, _NARROW)) for cell in column.cells)
    return replace(
        column, name=cut(column.name, _NARROW), dtype=cut(column.dtype, _NARROW), cells=cells
    )


def _width(column: Column) -> float:
    """Pixels that a column takes in a card, by and large."""
    bold = _BOLD * width(column.name)
    small = _SMALL * width(column.dtype)
    widest = _LETTER * max((width(cell.text) for cell in column.cells), default=0)
    return _PADDING + min(max(bold, small, widest), _WIDEST_CELL)


def _caption(grid: Grid, columns: int) -> str:
    shown = []
    rows = max((len(strip.values) for strip in grid.strips), default=0)
    if rows < grid.rows:
        shown.append(f"first {counted(rows, 'row')}" if grid.columns else f"first {rows}")
    if grid.columns is not None and columns < grid.columns:
        shown.append(f"first {counted(columns, 'column')}")
    return f"{grid.size}, {' and '.join(shown)} shown" if shown else grid.size


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
