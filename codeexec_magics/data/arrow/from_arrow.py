"""Frames made again from an Arrow stream and a form.

Used in the kernel and in a Python child. Stream and form were written by another process and are
untrusted: the stream is checked by `stream.read`, and of the form every part is looked up in
what is known here, never evaluated.
"""

from __future__ import annotations

import binascii
from typing import TYPE_CHECKING, Any

from ...protocol.times import text_of
from . import messages, parts, stream, tables

if TYPE_CHECKING:
    from ..reader import Reader

_SMALL_TEXT = 1 << 26
_MOST_EXPANSION = 100


def value(decoder: Reader, node: dict[str, Any]) -> Any:
    """The frame of an ``arrow`` node, or the part of it that was sent.

    Raises:
        Exception: Stream and form are malformed, or do not fit together.
    """
    frame = _frame(decoder, node)
    return frame if node.get("part") is None else parts.of(frame, node["part"])


def _frame(decoder: Reader, node: dict[str, Any]) -> Any:
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
        return tables.polars_frame(tables.bare(table, form["names"]), form)
    if kind in ("arrow", "batch"):
        return _arrow(table, form, kind)
    raise ValueError(f"no frame is of the kind {kind!r}")


def _arrow(table: Any, form: dict[str, Any], kind: str) -> Any:
    if not form:  # of a program's own writer, whose stream has all there is
        return tables.bare(table, table.schema.names)
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
        for chunk in tables.field(table, place).chunks:
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
