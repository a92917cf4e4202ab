"""Lists of row dicts, of any tabular value.

Used in the kernel.
"""

from __future__ import annotations

from typing import Any

from ...errors import DataError
from .tabular import columns_of, kind_of

_NANOSECONDS = 1000


def records(value: Any, root: str) -> list[dict[Any, Any]]:
    """The rows of a value.

    Raises:
        DataError: It is not tabular, or an item has no value of Python's own; its path says which.
    """
    kind = kind_of(value)
    if kind == "rows":
        return list(value)
    columns = columns_of(value, "records", root)
    listed = [_items(column, columns.where(root, at)) for at, column in enumerate(columns.columns)]
    if not listed:
        return [{} for _ in range(columns.rows)]
    return [dict(zip(columns.names, row)) for row in zip(*listed)]


def _items(column: Any, where: Any) -> list[Any]:
    library = type(column).__module__.partition(".")[0]
    if library == "polars":
        return _of_polars(column, where)
    if library == "pyarrow":
        return column.to_pylist()  # type: ignore[no-any-return]
    return column.tolist() if hasattr(column, "tolist") else list(column)


def _of_polars(series: Any, where: Any) -> list[Any]:
    """Items of a series, which polars itself cuts to microseconds."""
    import polars

    dtype = series.dtype
    in_nanoseconds = dtype == polars.Time or getattr(dtype, "time_unit", "") == "ns"
    if in_nanoseconds:
        rest = (series.to_physical() % _NANOSECONDS != 0).fill_null(value=False)
        if rest.any():
            _refuse_nanoseconds(where(rest.arg_max() or 0))
    elif dtype.is_nested() and ("'ns'" in repr(dtype) or "Time" in repr(dtype)):
        _require_whole(series, where)
    return series.to_list()  # type: ignore[no-any-return]


def _require_whole(series: Any, where: Any) -> None:
    try:
        exact = series.to_arrow().to_pylist()
    except ValueError:  # Arrow does not cut
        exact = None
    if series.to_list() != exact:
        _refuse_nanoseconds(where(0))


def _refuse_nanoseconds(path: str) -> None:
    raise DataError(
        f"{path} has a fraction of a microsecond, which no value of Python's own holds; round it "
        "before, or take another form (-c pandas, polars, arrow)",
        path=path,
    )
