"""Polars: the columns of a frame, and a series by itself.

Used in the kernel, when a value of polars goes to another language.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import columns as form

if TYPE_CHECKING:
    from ..writer import Writer


def columns(encoder: Writer, value: Any) -> list[tuple[Any, Any]] | None:
    """The names and columns of a DataFrame; None for anything else.

    Raises:
        EncodingFailed: It is a plan of a frame.
    """
    import polars

    if isinstance(value, polars.LazyFrame):
        encoder.refuse(value, "is a plan, not data", "send .collect() of it")
    if not isinstance(value, polars.DataFrame):
        return None
    return [(series.name, series) for series in value.get_columns()]


def single(encoder: Writer, value: Any) -> Any:
    """The node of a series; None for anything else.

    Raises:
        EncodingFailed: It has no exact counterpart.
    """
    import polars

    return column(encoder, value) if isinstance(value, polars.Series) else None


def column(encoder: Writer, series: Any) -> Any:
    """The node of a series.

    Raises:
        EncodingFailed: An item, or the dtype, has no exact counterpart.
    """
    import polars

    dtype = series.dtype
    if dtype == polars.Datetime:
        return form.instants(encoder, _integers(series).view(f"M8[{dtype.time_unit}]"))
    if dtype == polars.Date:
        return form.instants(encoder, _integers(series).view("M8[D]"))
    if dtype == polars.Duration:
        return form.durations(encoder, _integers(series).view(f"m8[{dtype.time_unit}]"))
    if dtype == polars.Boolean or (dtype.is_numeric() and not _is_wide(dtype)):
        filler = False if dtype == polars.Boolean else 0
        missing = series.is_null().to_numpy() if series.null_count() else None
        return form.numbers(encoder, series.fill_null(filler).to_numpy(), missing)
    if _may_lose(series):
        encoder.refuse(
            series,
            f"has the dtype {dtype}, finer than the microseconds of Python",
            'turn it into text: .dt.to_string("%T%.9f")'
            if dtype == polars.Time
            else "cast it to microseconds",
        )
    return form.items(encoder, series.to_list())


def _integers(series: Any) -> Any:
    import polars

    physical = series.to_physical().cast(polars.Int64)
    return physical.fill_null(form.MISSING_INSTANT).to_numpy()


def _is_wide(dtype: Any) -> bool:
    return dtype.is_decimal() or "128" in str(dtype)


def _may_lose(series: Any) -> bool:
    import polars

    dtype = series.dtype
    if dtype == polars.Time:
        return bool((series.to_physical() % 1000 != 0).any())
    return dtype.is_nested() and ("time_unit='ns'" in repr(dtype) or "Time" in repr(dtype))
