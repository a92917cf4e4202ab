"""Frames of polars, of any tabular value.

Used in the kernel. Columns are made by way of Arrow, whose types say what polars would otherwise
guess from the first rows.
"""

from __future__ import annotations

from typing import Any

from ...errors import DataError
from ..arrow import stream
from . import one_kind
from .tabular import Columns, columns_of, kind_of


def frame(value: Any, root: str) -> Any:
    """The frame of a value; one of polars is itself.

    Raises:
        DataError: It is not tabular, or a column has no exact type; its path says which.
    """
    import polars

    kind = kind_of(value)
    if kind == "polars":
        return value
    if kind == "arrow":
        names = value.schema.names
        if len(set(names)) != len(names):
            columns_of(value, "polars", root)  # refuses
        return polars.from_arrow(value)
    columns = columns_of(value, "polars", root)
    if stream.library() is None:
        return _without_arrow(columns, root)
    from . import arrow_tables

    if not columns.names:
        return polars.from_arrow(arrow_tables.table(columns, root, "polars"))
    names = arrow_tables.names_of(columns, root)
    made = [_series(columns, at, root).alias(name) for at, name in enumerate(names)]
    return polars.DataFrame(made)


def _series(columns: Columns, at: int, root: str) -> Any:
    """One column: by way of Arrow, or in the dtype that it had if Arrow has no such type."""
    import polars

    from . import arrow_tables

    values, like = columns.columns[at], columns.like[at]
    is_own = type(like).__module__.partition(".")[0] == "polars"
    try:
        series = polars.Series(arrow_tables.array(columns, at, root, "polars"))
    except DataError:
        if not is_own or not isinstance(values, list):
            raise
        made = _of_items(values, like)
        if made is None:
            raise
        return made
    fitted = _fitted(series, values, like) if is_own else None
    return series if fitted is None else fitted


def _of_items(values: list[Any], like: Any) -> Any:
    """A series of the dtype of another one; None if its items are not exactly these."""
    import polars

    try:
        made = polars.Series(values, dtype=like.dtype, strict=True)
    except Exception:  # noqa: BLE001 (it does not fit)
        return None
    return made if made.to_list() == values else None


def _without_arrow(columns: Columns, root: str) -> Any:
    import polars

    made = []
    for at, (name, values) in enumerate(zip(columns.names, columns.columns)):
        if isinstance(values, (list, tuple)):
            kind = one_kind.require(list(values), columns.where(root, at), "polars")
            dtype = polars.Float64 if kind == "float" else None
            made.append(polars.Series(name, values, dtype=dtype, strict=kind != "float"))
        else:
            made.append(polars.Series(name, values))
    return polars.DataFrame(made)


def _fitted(series: Any, values: Any, like: Any) -> Any:
    """The series with the dtype of another one; None if that does not hold it exactly."""
    import polars

    if series.dtype == like.dtype:
        return None
    try:
        if isinstance(values, list):
            made = polars.Series(series.name, values, dtype=like.dtype, strict=True)
            return made if made.null_count() == series.null_count() else None
        made = series.cast(like.dtype, strict=True)
        same = made.cast(series.dtype).eq_missing(series).all()
    except Exception:  # noqa: BLE001 (it does not fit)
        return None
    return made if same else None
