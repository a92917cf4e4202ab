"""Tables of Arrow and frames of polars: what writing and reading them have in common.

Used in the kernel and in a Python child.
"""

from __future__ import annotations

from typing import Any

from . import stream


def field(table: Any, place: Any) -> Any:
    """A column of a table, by a number that may be anything."""
    if type(place) is not int or not 0 <= place < table.num_columns:
        raise ValueError(f"there is no field {place!r}")
    return table.column(place)


def bare(table: Any, names: Any) -> Any:
    """A table without metadata, whose columns have these names."""
    if type(names) is not list or not all(type(name) is str for name in names):
        raise TypeError("the names of columns are text")
    if len(names) != table.num_columns:
        raise ValueError(f"{len(names)} names are not those of {table.num_columns} columns")
    pyarrow = stream.library()
    for column in table.columns:
        _refuse_metadata(pyarrow, column.type)
    schema = [pyarrow.field(names[at], column.type) for at, column in enumerate(table.columns)]
    return pyarrow.table(table.columns, schema=pyarrow.schema(schema))


def polars_form(frame: Any, schema: Any) -> dict[str, Any]:
    """The form of a frame of polars."""
    import polars

    enums = [at for at, dtype in enumerate(frame.dtypes) if dtype == polars.Enum]
    form: dict[str, Any] = {"names": list(frame.columns)}
    return {**form, "enums": enums} if enums else form


def polars_frame(table: Any, form: dict[str, Any]) -> Any:
    """The frame of polars that a table without metadata holds.

    Raises:
        Exception: It holds what polars cannot read.
    """
    import polars

    try:
        frame = polars.from_arrow(table)
        for place in form.get("enums", []):
            column = field(table, place)
            texts = column.chunk(0).dictionary if column.num_chunks else []
            dtype = polars.Enum([text.as_py() for text in texts])
            series = frame.to_series(place).cast(polars.String).cast(dtype)
            frame = frame.replace_column(place, series)
    except (KeyboardInterrupt, Exception):
        raise
    except BaseException as error:  # noqa: BLE001 (polars panics by what is no Exception)
        raise ValueError(f"polars cannot read it: {type(error).__name__}") from None
    return frame


def _refuse_metadata(pyarrow: Any, kind: Any) -> None:
    """Polars takes the metadata of inner fields for instructions."""
    if not pyarrow.types.is_nested(kind):
        return
    for at in range(kind.num_fields):
        inner = kind.field(at)
        if inner.metadata:
            raise ValueError("an inner field has metadata, which is not accepted")
        _refuse_metadata(pyarrow, inner.type)
