"""Frames for another language: a table of named columns.

Used in the kernel. A frame of pandas, polars or pyarrow becomes one ``table`` node; a series, an
index or an extension array becomes the node of a column.

Where there is Arrow, its stream is the ``source`` of the table: numbers, booleans, text and
instants are fields of it (`as_arrow`). Otherwise numbers and booleans go as arrays, with a mask
beside them where some are missing; instants as ``M8`` in UTC; anything else as a list of nodes. A
missing value (``None``, ``NA``, ``NaT``) is
null, while a ``NaN`` among floats stays one. Categories are sent as their values. Of a pandas
index, levels with names become leading columns; an unnamed index of integers is left out, since
it only counts; any other unnamed index holds data that has no name, and is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...protocol.scalars import type_module
from ..arrow import as_arrow
from . import as_columns, column_marks, columns_of_arrow
from .names import text_name

if TYPE_CHECKING:
    from ..arrow.source import Source
    from ..writer import Writer


def node(encoder: Writer, value: Any) -> Any:
    """The node of a value of pandas, polars or pyarrow; None if it is no data of theirs.

    Raises:
        EncodingFailed: Something in it has no exact counterpart.
    """
    root = type_module(type(value)).partition(".")[0]
    library: Any = columns_of_arrow
    if root == "pandas":
        from . import columns_of_pandas

        library = columns_of_pandas
    elif root == "polars":
        from . import columns_of_polars

        library = columns_of_polars

    columns = library.columns(encoder, value)
    if columns is None:
        node = library.single(encoder, value)
        is_column = type(node) is dict and node["$"] in ("array", "column")
        return {**node, **column_marks.of(value), **encoder.keep(value)} if is_column else node
    table = _table(encoder, value, columns, root, library.column)
    if root == "pandas":
        _note_new_names(encoder, value, table["names"])
    return {**table, **encoder.keep(value)}


def _note_new_names(encoder: Writer, frame: Any, names: list[str]) -> None:
    """Say under which names labels go that have none, or have several parts."""
    columns = list(getattr(frame, "columns", ()))
    levels = names[: max(len(names) - max(len(columns), 1), 0)]
    unnamed = [name for name, own in zip(levels, frame.index.names) if own is None]
    told = []
    if unnamed:
        plural = "s" if len(unnamed) > 1 else ""
        told.append(f"its labels are the column{plural} {' and '.join(map(repr, unnamed))}")
    joined = next((label for label in columns if type(label) is tuple), None)
    if joined is not None:
        told.append(f"the column {joined!r} is {text_name(joined)!r}")
    if told:
        encoder.notes.append(f"{encoder.path}: {', and '.join(told)}")


def _table(
    encoder: Writer, frame: Any, columns: list[tuple[Any, Any]], root: str, column: Any
) -> Any:
    in_bulk = encoder.reads_columns
    made = as_arrow.source(encoder, frame) if encoder.reads_arrow or in_bulk else None
    shown: list[int | None] = [None] * len(columns)
    if made is not None:
        shown = made.shown if in_bulk else as_arrow.simple_fields(made)
    nodes: dict[str, Any] = {}
    parts = encoder.path.parts
    for (label, values), field in zip(columns, shown):
        name = _name(encoder, frame, label)
        if name in nodes:
            encoder.refuse(frame, f"has two columns that are called {name!r}", "rename one of them")
        parts.append(("key", name))
        nodes[name] = _column(encoder, made, field, values, column)
        parts.pop()
    table: dict[str, Any] = {
        "$": "table",
        "names": list(nodes),
        "columns": list(nodes.values()),
        "rows": len(columns[0][1]) if columns else len(frame),
        "kind": "arrow" if root == "pyarrow" else root,
    }
    if made is None or in_bulk:
        return table
    if encoder.keeps:
        made = made._replace(form=None)  # the frame itself is kept here
    table["source"], places = as_arrow.foreign_source(encoder, made, shown)
    for node, place in zip(table["columns"], places):
        if place is not None:
            node["v"] = place
    return table


def _column(
    encoder: Writer, made: Source | None, field: int | None, values: Any, column: Any
) -> Any:
    """The node of a column: in bulk, as a field of the source, or as its own library has it."""
    if made is None or field is None:
        return {**column(encoder, values), **column_marks.of(values)}
    array = made.table.column(field)
    if encoder.reads_columns:
        node = as_columns.node(encoder, array) or column(encoder, values)
    else:
        columns_of_arrow.check_instants(encoder, array)
        node = {"$": "field", "v": field}
    return {**node, **column_marks.of(values, array.type)}


def _name(encoder: Writer, frame: Any, label: Any) -> str:
    name = text_name(label)
    if name is not None:
        return name
    return encoder.refuse(
        frame,
        f"has a column whose name is a {type(label).__name__}",
        "name the columns by text, for example df.columns = [...]",
    )
