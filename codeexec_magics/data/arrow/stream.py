"""A table as one Arrow stream in an arena, and back with everything checked.

Used in the kernel and in a Python child. The stream is that of Arrow's IPC format: one schema, then
its batches, uncompressed. What is read was written by another process, possibly a hostile one, so
that nothing is believed before it was checked: the format by `messages`, then by Arrow itself
(`validate(full=True)`), and the types by a list of those whose size their buffers bound.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import messages

if TYPE_CHECKING:
    from ..arena import Arena

_OLDEST_ARROW = 15
_UNBACKED_ROWS = 1_000_000
"""Rows that no buffer needs to back: a column of nulls has none."""
_UNBACKED_CELLS = 16 * _UNBACKED_ROWS


def library() -> Any:
    """The module ``pyarrow``; None where it is not installed, or too old to be safe with."""
    try:
        import pyarrow
    except ImportError:
        return None
    old = int(pyarrow.__version__.partition(".")[0]) < _OLDEST_ARROW
    return None if old else pyarrow


def append(arena: Arena, table: Any) -> tuple[int, int]:
    """Write a table behind what is in the arena; large buffers are written from where they are.

    Returns:
        Offset and length, in bytes.
    """
    pyarrow = library()
    written = arena.stream()
    sink = pyarrow.PythonFile(written, mode="w")
    with sink, pyarrow.ipc.new_stream(sink, table.schema) as writer:
        if table.num_rows or not table.num_columns:
            writer.write_table(table)
        else:  # of which Arrow itself writes nothing, not even the words of dictionaries
            arrays = [_empty(pyarrow, column) for column in table.columns]
            writer.write_batch(pyarrow.RecordBatch.from_arrays(arrays, schema=table.schema))
    return written.place


def _empty(pyarrow: Any, column: Any) -> Any:
    return column.chunk(0) if column.num_chunks else pyarrow.array([], type=column.type)


def read(raw: memoryview) -> Any:
    """The table of a stream, whose buffers are parts of the same memory.

    Raises:
        Exception: It is no such stream, or holds what is not accepted.
    """
    pyarrow = library()
    if pyarrow is None:
        raise ValueError(f"it is a frame, and pyarrow {_OLDEST_ARROW} or newer is not installed")
    messages.check(raw)
    with pyarrow.ipc.open_stream(pyarrow.py_buffer(raw)) as reader:
        for field in reader.schema:
            _check_type(pyarrow, field.type)
        table = reader.read_all()
    table.validate()
    most = max(_UNBACKED_ROWS, 8 * len(raw))
    if table.num_rows > most:
        raise ValueError(f"{table.num_rows} rows are more than {len(raw)} bytes can hold")
    for column in table.columns:
        for chunk in column.chunks:
            _check_length(pyarrow, chunk, most)
    if table.num_rows * table.num_columns > max(_UNBACKED_CELLS, most):
        raise ValueError(f"{table.num_columns} columns are more than {len(raw)} bytes can hold")
    table.validate(full=True)
    return table


def may_be_read(table: Any) -> bool:
    """Whether `read` would accept the types and the size of a table."""
    pyarrow = library()
    try:
        for field in table.schema:
            _check_type(pyarrow, field.type)
    except ValueError:
        return False
    cells = table.num_rows * table.num_columns
    bits = 8 * table.nbytes
    return bool(table.num_rows <= max(_UNBACKED_ROWS, bits) and cells <= max(_UNBACKED_CELLS, bits))


def memory_of(raw: memoryview, array: Any, width: int) -> memoryview:
    """The values of an array of fixed width, as a part of the stream's own, writable memory."""
    pyarrow = library()
    base = pyarrow.py_buffer(raw).address
    start = array.buffers()[1].address - base + array.offset * width
    if not 0 <= start <= start + len(array) * width <= len(raw):
        raise ValueError("the values of a column are not within its stream")
    return raw[start : start + len(array) * width]


def _check_type(pyarrow: Any, kind: Any) -> None:
    """Refuse types whose size their buffers do not bound, and those that run code.

    Views, run-end encoding and unions can name the same bytes again and again.
    """
    inner = _inner_fields(pyarrow, kind)
    if isinstance(kind, pyarrow.BaseExtensionType) or inner is None:
        raise ValueError(f"the type {kind} of Arrow is not accepted")
    for field in inner:
        if field.metadata and b"ARROW:extension:name" in field.metadata:
            raise ValueError(f"{field.name!r} is an extension of Arrow, which is not accepted")
        _check_type(pyarrow, field.type)


def _inner_fields(pyarrow: Any, kind: Any) -> list[Any] | None:
    """The fields that a type is made of, none if it is flat; None if it is not accepted."""
    kinds = pyarrow.types
    if kinds.is_dictionary(kind):
        values = kind.value_type
        flat = not kinds.is_nested(values) and not kinds.is_dictionary(values)
        return [pyarrow.field("", values)] if flat else None
    if kinds.is_struct(kind):
        return [kind.field(at) for at in range(kind.num_fields)] or None
    if kinds.is_fixed_size_list(kind):
        return [kind.value_field] if kind.list_size > 0 else None
    if kinds.is_list(kind) or kinds.is_large_list(kind):
        return [kind.value_field]
    if kinds.is_map(kind):
        return [kind.key_field, kind.item_field]
    if kinds.is_fixed_size_binary(kind):
        return [] if kind.byte_width > 0 else None
    return [] if kind.id in _flat_types(pyarrow) else None


def _flat_types(pyarrow: Any) -> frozenset[int]:
    names = [
        *("null", "bool_", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32"),
        *("uint64", "float16", "float32", "float64", "string", "large_string", "binary"),
        *("large_binary", "date32", "date64", "month_day_nano_interval"),
    ]
    made = [getattr(pyarrow, name)() for name in names]
    made += [pyarrow.time32("s"), pyarrow.time64("us"), pyarrow.timestamp("s")]
    made += [pyarrow.duration("s"), pyarrow.decimal128(1), pyarrow.decimal256(1)]
    return frozenset(kind.id for kind in made)


def _check_length(pyarrow: Any, array: Any, most: int) -> None:
    if len(array) > most:
        raise ValueError(f"{len(array)} items are more than its bytes can hold")
    kinds, kind = pyarrow.types, array.type
    if kinds.is_struct(kind):
        children = [array.field(at) for at in range(kind.num_fields)]
    elif kinds.is_map(kind):
        children = [array.keys, array.items]
    elif kinds.is_nested(kind):
        children = [array.values]
    elif kinds.is_dictionary(kind):
        children = [array.dictionary]
    else:
        children = []
    for child in children:
        _check_length(pyarrow, child, most)
