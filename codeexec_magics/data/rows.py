"""A frame as a sequence of its rows, each a dict, made as they are asked for.

Used in the kernel.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from ..errors import DataError
from ..protocol.scalars import full_type_name
from .conversion import convert

_AT_ONCE = 1000
_LARGEST_EXACT = 1 << 53
_FLOATS = re.compile(r"float|double|half|Float|Sparse\[float")


def rows_of(items: Iterable[Any], *, missing_as_none: bool = False) -> Iterable[Any]:
    """The rows of a pandas, polars or pyarrow frame; anything else as it is.

    Args:
        items: What is mapped.
        missing_as_none: Whether what pandas counts as missing is None, as it is in the rows of a
            frame that goes to another language.

    Raises:
        DataError: Two columns share a name, so that a dict cannot hold a row.
    """
    frame: Any = items
    kind = library_of(items)
    if kind == "pandas":
        return _Rows(frame, list(frame.columns), missing_as_none)
    if kind == "polars":
        return _Rows(frame, list(frame.columns))
    if kind == "pyarrow":
        return _Rows(frame, list(frame.schema.names))
    if missing_as_none and full_type_name(items).startswith("pandas.") and _is_marked(frame):
        return _unmarked(frame)
    return items


def is_frame(items: object) -> bool:
    """Whether something is a frame, whose rows `rows_of` gives."""
    return bool(library_of(items))


def floats_again(rows: Iterable[Any], frame: Any) -> None:
    """Make floats of whole numbers in those dicts, where the frame's column of that name has them.

    Another language has one kind of number; integers that no float holds stay what they are.
    """
    names = _float_names(frame)
    for row in rows if names else ():
        if type(row) is dict:
            for name in names & row.keys():
                if type(row[name]) is int and abs(row[name]) <= _LARGEST_EXACT:
                    row[name] = float(row[name])


def no_rows(frame: Any) -> Any:
    """What `convert` takes for no rows that have the frame's columns."""
    from .converters.tabular import Columns  # late: few maps need it

    names = list(frame.columns if hasattr(frame, "dtypes") else frame.schema.names)
    return Columns(names, [[] for _ in names], 0, [None] * len(names), by_rows=True)


def _float_names(frame: Any) -> set[Any]:
    """The names of the columns that hold floats."""
    if hasattr(frame, "dtypes"):  # pandas and polars
        pairs = zip(list(frame.columns), list(frame.dtypes))
    else:
        pairs = zip(frame.schema.names, frame.schema.types)
    return {name for name, kind in pairs if _FLOATS.match(str(kind))}


def library_of(items: object) -> str:
    """The library that something is a frame of; empty if it is none."""
    name = full_type_name(items).split(".")
    library, leaf = name[0], name[-1]
    if library in ("pandas", "polars") and leaf == "DataFrame":
        return library
    return library if library == "pyarrow" and leaf in ("Table", "RecordBatch") else ""


class _Rows:
    """The rows of one frame."""

    def __init__(self, frame: Any, names: list[Any], missing_as_none: bool = False) -> None:
        if len(set(names)) != len(names):
            raise DataError("a row of this frame is no dict: two columns share a name", path="item")
        self._frame = frame
        self._missing_as_none = missing_as_none

    def __len__(self) -> int:
        return int(self._frame.shape[0])

    def __iter__(self) -> Iterator[Any]:
        for start in range(0, len(self), _AT_ONCE):
            yield from convert(self._part(start), "records", "item")

    def _part(self, start: int) -> Any:
        if not hasattr(self._frame, "iloc"):
            return self._frame.slice(start, _AT_ONCE)
        part = self._frame.iloc[start : start + _AT_ONCE]
        if not self._missing_as_none:
            return part
        from .converters.tabular import columns_of  # late: few maps need it

        columns = columns_of(part, "records", "item")
        return columns._replace(columns=[_unmarked(column) for column in columns.columns])


def _is_marked(series: Any) -> bool:
    """Whether missing items of a series of pandas are marked, by what is no number there."""
    return hasattr(series, "isna") and getattr(series.dtype, "kind", "") not in "fc"


def _unmarked(series: Any) -> list[Any]:
    """The items of a series of pandas, with None for those that are missing."""
    items: list[Any] = series.tolist()
    missing = series.isna()
    if not missing.any():
        return items
    return [None if gone else item for item, gone in zip(items, missing)]
