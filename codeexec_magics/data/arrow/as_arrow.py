"""Frames as an Arrow stream and the form by which they are made again, exactly.

Used in the kernel and in a Python child. A frame becomes a `Source`: a table of Arrow whose fields
hold all of its data, and a form, plain JSON, that tells what the table does not: which field is
which column or level of the index, of which dtype, in which zone. Another language shows the
table and hands table and form back, if the program returns the very frame unchanged; Python makes
the frame of them again (`from_arrow`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...protocol.scalars import full_type_name, type_module
from . import parts, stream, tables
from .source import Source

if TYPE_CHECKING:
    from ..writer import Writer

_WORTH_PACKING = 1000
_SAMPLE = 4096
_FULL_STRINGS = 1 << 31


def source(encoder: Writer, value: Any) -> Source | None:
    """The source of a frame; None if it is none, or there is no Arrow for it."""
    if stream.library() is None:
        return None
    root = type_module(type(value)).partition(".")[0]
    if root == "pandas":
        from . import arrow_of_pandas

        return arrow_of_pandas.source(encoder, value)
    made = _of_polars(value) if root == "polars" else _of_arrow(value)
    return made if made is None or stream.may_be_read(made.table) else None


def exact_node(encoder: Writer, value: Any) -> dict[str, Any] | None:
    """The node of a frame for a Python that takes no pickles; None if it cannot be made again."""
    frame, part = parts.framed(value)
    made = source(encoder, frame)
    if made is None or made.form is None or not stream.may_be_read(made.table):
        return None
    node = _node(encoder, made, _table(made.table.columns), [])
    return node if part is None else {**node, "part": part}


def simple_fields(made: Source) -> list[int | None]:
    """The fields that another language can show as they are; None where it needs a node."""
    return [
        at if at is not None and _is_simple(made.table.schema.field(at).type) else None
        for at in made.shown
    ]


def _is_simple(kind: Any) -> bool:
    pyarrow = stream.library()
    kinds = pyarrow.types
    if kinds.is_dictionary(kind):
        return bool(kinds.is_string(kind.value_type) or kinds.is_large_string(kind.value_type))
    tests = ("integer", "floating", "boolean", "string", "large_string", "timestamp", "date")
    return any(getattr(kinds, f"is_{name}")(kind) for name in (*tests, "null"))


def foreign_source(
    encoder: Writer, made: Source, shown: list[int | None]
) -> tuple[dict[str, Any], list[int | None]]:
    """What another language reads fields from, and sends back for the frame.

    Args:
        encoder: Takes the stream.
        made: The frame.
        shown: The fields that it reads, in the order of its columns.

    Returns:
        The node, and where each of the fields is in its stream.
    """
    wanted = range(made.table.num_columns)
    if made.form is None:
        wanted = sorted({at for at in shown if at is not None})  # type: ignore[assignment]
    columns: list[Any] = []
    packed: list[int] = []
    for at in wanted:
        column, is_packed = _packed(made.table.column(at))
        if is_packed:
            packed.append(len(columns))
        columns.append(column)
    table = _table(columns) if columns else made.table.select([])
    places = {at: place for place, at in enumerate(wanted)}
    fields = [None if at is None else places[at] for at in shown]
    return _node(encoder, made, table, packed), fields


def _node(encoder: Writer, made: Source, table: Any, packed: list[int]) -> dict[str, Any]:
    place = stream.append(encoder.arena, table)
    node: dict[str, Any] = {"$": "arrow", "b": encoder.place(table, place), "rows": made.rows}
    if made.form is not None:
        node.update(kind=made.kind, form=made.form)
    if packed:
        node["packed"] = packed
    return node


def _table(columns: list[Any]) -> Any:
    """Columns as a table whose names are their numbers."""
    pyarrow = stream.library()
    schema = pyarrow.schema([(str(at), column.type) for at, column in enumerate(columns)])
    return pyarrow.table(columns, schema=schema)


def _packed(column: Any) -> tuple[Any, bool]:
    """A column in one piece, its text by a dictionary where that makes it smaller."""
    pyarrow = stream.library()
    kinds, kind = pyarrow.types, column.type
    if column.nbytes >= _FULL_STRINGS and (kinds.is_string(kind) or kinds.is_binary(kind)):
        column = column.cast(pyarrow.large_string() if kinds.is_string(kind) else "large_binary")
    whole = column.combine_chunks()
    if isinstance(whole, pyarrow.ChunkedArray):  # of no chunk, in old versions of Arrow
        whole = pyarrow.concat_arrays(whole.chunks) if whole.num_chunks else whole.type
    is_text = kinds.is_string(kind) or kinds.is_large_string(kind)
    if not is_text or len(whole) < _WORTH_PACKING:
        return whole, False
    sample = whole.slice(0, _SAMPLE)
    if len(sample.unique()) > len(sample) // 2:
        return whole, False
    coded = whole.dictionary_encode()
    return (coded, True) if len(coded.dictionary) <= len(whole) // 2 else (whole, False)


def _of_polars(value: Any) -> Source | None:
    import polars

    if type(value) is not polars.DataFrame:
        return None
    level = polars.CompatLevel.oldest()
    try:
        table = value.to_arrow(compat_level=level)
        form = tables.polars_form(value, table.schema)
        again = tables.polars_frame(tables.bare(table.slice(0, 0), value.columns), form)
    except Exception:  # noqa: BLE001 (a type of polars that Arrow does not have)
        return None
    shown: list[int | None] = list(range(table.num_columns))
    exact = again.schema == value.schema
    return Source("polars", len(value), table, form if exact else None, shown)


def _of_arrow(value: Any) -> Source | None:
    pyarrow = stream.library()
    name = full_type_name(value)
    if name not in ("pyarrow.lib.Table", "pyarrow.lib.RecordBatch"):
        return None
    is_table = name == "pyarrow.lib.Table"
    table = value if is_table else pyarrow.Table.from_batches([value])
    form = {"schema": _base64(table.schema.serialize())}
    shown: list[int | None] = list(range(table.num_columns))
    return Source("arrow" if is_table else "batch", table.num_rows, table, form, shown)


def _base64(raw: Any) -> str:
    from ...protocol.scalars import base64_text

    return base64_text(raw)
