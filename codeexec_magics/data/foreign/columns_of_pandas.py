"""Pandas: the columns of a frame, and the values that are not frames.

Used in the kernel, when a value of pandas goes to another language.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import columns as form
from .columns import NULL
from .names import level_names

if TYPE_CHECKING:
    from ..writer import Writer


def columns(encoder: Writer, value: Any) -> list[tuple[Any, Any]] | None:
    """The labels and columns of a DataFrame, or of a Series with labels, the index's levels first.

    None for anything else.

    Levels without a name, if they say more than where a row stands, are called as `reset_index`
    calls them.
    """
    import pandas

    if isinstance(value, pandas.Series) and not only_counts(value.index):
        return [*levels_of(value), (0 if value.name is None else value.name, value)]
    if not isinstance(value, pandas.DataFrame):
        return None
    columns = [(label, value.iloc[:, at]) for at, label in enumerate(value.columns)]
    return levels_of(value) + columns


def levels_of(value: Any) -> list[tuple[Any, Any]]:
    """The names and levels of the index of a frame or series; none if it only counts."""
    import pandas

    index = value.index
    if only_counts(index):
        return []
    names = level_names(index, getattr(value, "columns", ()))
    return [
        (name, pandas.Series(index.get_level_values(level))) for level, name in enumerate(names)
    ]


def single(encoder: Writer, value: Any) -> Any:
    """The node of a scalar, a series, an index or an extension array; None for anything else.

    Raises:
        EncodingFailed: It has no exact counterpart.
    """
    import pandas

    if value is pandas.NA or value is pandas.NaT:
        return NULL
    if isinstance(value, pandas.Series):
        return column(encoder, value)
    if isinstance(value, pandas.MultiIndex):
        return form.items(encoder, value.tolist())
    if isinstance(value, (pandas.Index, pandas.api.extensions.ExtensionArray)):
        return column(encoder, pandas.Series(value))
    return _scalar(encoder, value)


def _scalar(encoder: Writer, value: Any) -> Any:
    """The node of an instant or a duration; None for anything else."""
    import pandas

    if isinstance(value, pandas.Timestamp):
        if encoder.cuts_instants:
            return _kept(encoder, value, value.floor("ms").to_pydatetime())
        if value.nanosecond:
            way_out = 'add --milliseconds, or round it: .floor("ms")'
            encoder.refuse(value, "has a fraction of a microsecond", way_out)
        return _kept(encoder, value, value.to_pydatetime())
    if isinstance(value, pandas.Timedelta):
        if value.nanoseconds:
            encoder.refuse(value, "has a fraction of a microsecond", 'round it: .floor("us")')
        return _kept(encoder, value, value.to_pytimedelta())
    if isinstance(value, (pandas.Period, pandas.Interval)):
        encoder.refuse(value, "has no counterpart in the other language", "send str(…) of it")
    return None


def _kept(encoder: Writer, value: Any, plain: Any) -> Any:
    """The node of a plain value, which comes back as what it was made of."""
    return {**encoder.node(plain), **encoder.keep(value)}


def column(encoder: Writer, series: Any) -> Any:
    """The node of a series, its index left aside.

    Raises:
        EncodingFailed: An item, or the dtype, has no exact counterpart.
    """
    import numpy
    import pandas

    dtype = series.dtype
    if isinstance(dtype, numpy.dtype):
        return _of_numpy(encoder, series)
    if isinstance(dtype, pandas.DatetimeTZDtype):
        return form.instants(encoder, series.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy())
    if isinstance(dtype, pandas.CategoricalDtype):
        target = object if series.hasnans else dtype.categories.dtype
        return column(encoder, _without_missing(series.astype(target)))
    if isinstance(dtype, pandas.SparseDtype):
        return column(encoder, series.sparse.to_dense())
    if isinstance(dtype, pandas.StringDtype):
        return form.items(encoder, _without_missing(series.astype(object)).tolist())
    if isinstance(dtype, pandas.ArrowDtype):
        import pyarrow

        from . import columns_of_arrow

        return columns_of_arrow.column(encoder, pyarrow.array(series.array))
    if hasattr(dtype, "numpy_dtype") and dtype.numpy_dtype.kind in "iufb":
        filled = series.array.to_numpy(dtype=dtype.numpy_dtype, na_value=0)
        return form.numbers(encoder, filled, series.isna().to_numpy(dtype=bool))
    return encoder.refuse(
        series,
        f"has the dtype {dtype}, which the other language has not",
        "turn it into text (.astype(str)), numbers or dates",
    )


def _of_numpy(encoder: Writer, series: Any) -> Any:
    values = series.to_numpy()
    if values.dtype.kind in "iufb":
        return form.numbers(encoder, values, None)
    if values.dtype.kind == "M":
        return form.instants(encoder, values)
    if values.dtype.kind == "m":
        return form.durations(encoder, values)
    gone = series.isna()
    return form.items(encoder, (series.where(~gone, None) if gone.any() else series).tolist())


def _without_missing(series: Any) -> Any:
    """Text and categories mark what is missing by NaN, which is then no number."""
    return series.where(series.notna(), None) if series.dtype == object else series


def only_counts(index: Any) -> bool:
    """Whether an index says no more than where a row stands, or stood."""
    return (
        index.nlevels == 1 and index.name is None and (index.dtype.kind in "iu" or not len(index))
    )
