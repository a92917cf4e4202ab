"""Write the corner of a table as people who know pandas expect it.

Lives wherever a result is shown and owns nothing. Numbers carry no thousands separators, because
a column of years or of keys is numbers too; floats of one column share their number of decimals;
midnight is left out where every value of a column is at midnight.
"""

from __future__ import annotations

import math
from typing import Any

from codeexec_magics.display.blocks import Cell, Column, Table
from codeexec_magics.display.brief import brief, is_scalar, spoken, type_name
from codeexec_magics.display.grids import Grid, Strip, is_absent
from codeexec_magics.display.guard import attempt
from codeexec_magics.display.wording import counted, cut, on_one_line

_DECIMALS = 6
_LARGEST_FIXED = 1e15
_MIDNIGHT = " 00:00:00"


def table_of(grid: Grid) -> Table:
    """The block that shows a grid."""
    return Table(tuple(_column(strip) for strip in grid.strips), _caption(grid))


def _caption(grid: Grid) -> str:
    shown = []
    rows = max((len(strip.values) for strip in grid.strips), default=0)
    columns = sum(not strip.label for strip in grid.strips)
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
    dtype = _own_types(present) if strip.dtype is None else strip.dtype
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
