"""Frames of pandas, of any tabular value.

Used in the kernel. A column that came from a frame has that column's dtype again, where the dtype
holds its values; else pandas chooses, but where its choice would round.
"""

from __future__ import annotations

from typing import Any

from . import pandas_dtypes
from .pandas_choice import natural, of_table
from .tabular import Columns, columns_of, kind_of


def frame(value: Any, root: str) -> Any:
    """The frame of a value; one of pandas is itself.

    Raises:
        DataError: It is not tabular, or a column has no exact form; its path says which.
    """
    import pandas

    kind = kind_of(value)
    if kind == "pandas":
        return value
    if kind in ("polars", "arrow"):
        return of_table(value, kind)
    columns = columns_of(value, "pandas", root)
    if not columns.names:
        return pandas.DataFrame(index=range(columns.rows))
    made = [_column(columns, at, root) for at in range(len(columns.names))]
    index = pandas.RangeIndex(columns.rows)
    found = pandas.DataFrame(dict(enumerate(made)), index=index, copy=False)
    found.columns = _labels(columns.names)
    return found


def _labels(names: list[Any]) -> Any:
    """The names as pandas would hold them if they were given as keys."""
    import pandas

    return pandas.DataFrame(dict.fromkeys(names, ())).columns


def _column(columns: Columns, at: int, root: str) -> Any:
    import pandas

    values, where, like = columns.columns[at], columns.where(root, at), columns.like[at]
    if like is not None:
        dtype = _dtype_of(like)
        made = None if dtype is None else pandas_dtypes.fitted(values, dtype, like)
        if made is not None:
            return pandas.Series(made, copy=False).reset_index(drop=True)
    return pandas.Series(natural(values, where), copy=False)


def _dtype_of(like: Any) -> Any:
    """The dtype that pandas has for a column of any library; None where the values decide."""
    root = type(like).__module__.partition(".")[0]
    if root == "pandas":
        return like.dtype
    if root == "polars":
        import polars

        # Without rows a Categorical has no categories; all others have their dtype.
        rows = like if like.dtype == polars.Categorical else like.head(0)
        dtype = rows.to_frame().to_pandas().iloc[:, 0].dtype
    else:
        import pyarrow

        dtype = pyarrow.table([like.slice(0, 0)], names=["0"]).to_pandas().iloc[:, 0].dtype
    return None if str(dtype) == "object" else dtype
