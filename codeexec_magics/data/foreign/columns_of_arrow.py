"""Arrow: the columns of a table, and an array by itself.

Used in the kernel, when a value of pyarrow goes to another language.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import columns as form

if TYPE_CHECKING:
    from ..writer import Writer


def columns(encoder: Writer, value: Any) -> list[tuple[Any, Any]] | None:
    """The names and columns of a Table or RecordBatch; None for anything else."""
    import pyarrow

    if not isinstance(value, (pyarrow.Table, pyarrow.RecordBatch)):
        return None
    return list(zip(value.schema.names, value.columns))


def single(encoder: Writer, value: Any) -> Any:
    """The node of an array; None for anything else.

    Raises:
        EncodingFailed: It has no exact counterpart.
    """
    import pyarrow

    if isinstance(value, (pyarrow.Array, pyarrow.ChunkedArray)):
        return column(encoder, value)
    if isinstance(value, pyarrow.Scalar):
        encoder.refuse(value, "is a scalar of Arrow", "send .as_py() of it")
    return None


def column(encoder: Writer, values: Any) -> Any:
    """The node of an array, in chunks or not.

    Raises:
        EncodingFailed: An item, or the type, has no exact counterpart.
    """
    import pyarrow

    if isinstance(values, pyarrow.Array):
        values = pyarrow.chunked_array([values])
    kinds, kind = pyarrow.types, values.type
    if kinds.is_dictionary(kind):
        return column(encoder, values.cast(kind.value_type))
    if kinds.is_timestamp(kind):
        return form.instants(encoder, _integers(values).view(f"M8[{kind.unit}]"))
    if kinds.is_date32(kind):
        days = _integers(values.cast(pyarrow.int32()))
        return form.instants(encoder, days.view("M8[D]"))
    if kinds.is_date64(kind):
        return form.instants(encoder, _integers(values).view("M8[ms]"))
    if kinds.is_duration(kind):
        return form.durations(encoder, _integers(values).view(f"m8[{kind.unit}]"))
    if kinds.is_integer(kind) or kinds.is_floating(kind) or kinds.is_boolean(kind):
        return _numbers(encoder, values)
    if _may_lose(values):
        encoder.refuse(
            values,
            f"has the type {kind}, whose nanoseconds no value of Python holds",
            "cast it to microseconds, with safe=False",
        )
    return form.items(encoder, values.to_pylist())


def check_instants(encoder: Writer, values: Any) -> None:
    """Refuse an instant or a day that no date of another language holds, by its path.

    Raises:
        EncodingFailed: There is one.
    """
    import pyarrow

    from .. import as_array

    kinds, kind = pyarrow.types, values.type
    if kinds.is_timestamp(kind):
        as_array.for_foreign(encoder, _integers(values).view(f"M8[{kind.unit}]"))
    elif kinds.is_date32(kind):
        as_array.for_foreign(encoder, _integers(values.cast(pyarrow.int32())).view("M8[D]"))
    elif kinds.is_date64(kind):
        as_array.for_foreign(encoder, _integers(values).view("M8[ms]"))


def _numbers(encoder: Writer, values: Any) -> Any:
    import pyarrow

    missing = values.is_null().to_numpy() if values.null_count else None
    if missing is not None:
        filler = pyarrow.scalar(0).cast(values.type)
        values = values.fill_null(filler)
    return form.numbers(encoder, values.to_numpy(), missing)


def _integers(values: Any) -> Any:
    import pyarrow

    return values.cast(pyarrow.int64()).fill_null(form.MISSING_INSTANT).to_numpy().copy()


def _may_lose(values: Any) -> bool:
    import pyarrow

    kind = values.type
    if kind == pyarrow.time64("ns"):
        try:
            values.cast(pyarrow.time64("us"))
        except pyarrow.ArrowInvalid:
            return True
        return False
    return pyarrow.types.is_nested(kind) and "[ns" in str(kind)
