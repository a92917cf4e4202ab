"""Frames made again from an Arrow stream and a form.

Used in the kernel and in a Python child. Stream and form were written by another process and are
untrusted: the stream is checked by `stream.read`, and of the form every part is looked up in
what is known here, never evaluated.
"""

from __future__ import annotations

import binascii
from typing import TYPE_CHECKING, Any

from ...protocol.times import text_of
from . import messages, stream

if TYPE_CHECKING:
    from ..decode import Decoder

_SMALL_TEXT = 1 << 26
_MOST_EXPANSION = 100


def value(decoder: Decoder, node: dict[str, Any]) -> Any:
    """The frame of an ``arrow`` node.

    Raises:
        Exception: Stream and form are malformed, or do not fit together.
    """
    raw = decoder.buffer(node["b"])
    table = stream.read(raw)
    rows = node["rows"]
    if type(rows) is not int or rows < 0 or (table.num_columns and rows != table.num_rows):
        raise ValueError(f"a frame of {rows!r} rows has {table.num_rows}")
    table = _unpacked(table, node.get("packed", []), len(raw))
    kind, form = node["kind"], node["form"]
    if type(form) is not dict:
        raise TypeError("the form of a frame is an object")
    if kind in ("pandas", "series"):
        from . import pandas_of_arrow

        return pandas_of_arrow.value(decoder, table, raw, node)
    if kind == "polars":
        return polars_frame(bare(table, form["names"]), form)
    if kind in ("arrow", "batch"):
        return _arrow(table, form, kind)
    raise ValueError(f"no frame is of the kind {kind!r}")


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


def _arrow(table: Any, form: dict[str, Any], kind: str) -> Any:
    pyarrow = stream.library()
    raw = binascii.a2b_base64(text_of(form, "schema"))
    messages.check_schema(memoryview(raw))
    schema = pyarrow.ipc.read_schema(pyarrow.py_buffer(raw))
    # Types must agree in every part; names and metadata are the schema's.
    made = pyarrow.Table.from_arrays(table.columns, schema=schema)
    made.validate(full=True)
    if kind == "arrow":
        return made
    batches = made.combine_chunks().to_batches()
    empty = [pyarrow.array([], type=each.type) for each in schema]
    return batches[0] if batches else pyarrow.RecordBatch.from_arrays(empty, schema=schema)


def _unpacked(table: Any, places: Any, size: int) -> Any:
    """The table with the text of some columns written out, which a dictionary held on the way."""
    if type(places) is not list:
        raise TypeError("the packed fields are a list")
    if not places:
        return table
    columns, left = list(table.columns), max(_SMALL_TEXT, _MOST_EXPANSION * size)
    for place in places:
        chunks = []
        for chunk in field(table, place).chunks:
            left -= _text_size(chunk)
            if left < 0:
                raise ValueError("its text is larger than what it came from allows")
            chunks.append(chunk.dictionary_decode())
        if chunks:
            columns[place] = stream.library().chunked_array(chunks)
        else:
            columns[place] = table.column(place).cast(table.column(place).type.value_type)
    return stream.library().table(columns, names=[str(at) for at in range(len(columns))])


def _text_size(chunk: Any) -> int:
    import pyarrow.compute as compute

    lengths = compute.binary_length(chunk.dictionary).cast("int64")
    return int(compute.sum(lengths.take(chunk.indices)).as_py() or 0)


def _refuse_metadata(pyarrow: Any, kind: Any) -> None:
    """Polars takes the metadata of inner fields for instructions."""
    if not pyarrow.types.is_nested(kind):
        return
    for at in range(kind.num_fields):
        inner = kind.field(at)
        if inner.metadata:
            raise ValueError("an inner field has metadata, which is not accepted")
        _refuse_metadata(pyarrow, inner.type)
