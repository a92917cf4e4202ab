"""What is no frame but a part of one: an index, a series of polars, an array of Arrow.

Used in the kernel and in a Python child. It travels within a frame that holds nothing else.
"""

from __future__ import annotations

from typing import Any

from ...protocol.scalars import full_type_name, type_module


def framed(value: Any) -> tuple[Any, str | None]:
    """A frame, and which part of it the value is; the value and None if it is none."""
    name, root = full_type_name(value), type_module(type(value)).partition(".")[0]
    if root == "polars" and name.endswith(".Series"):
        return value.to_frame(), "series"
    if root == "pyarrow" and name.endswith("Array"):
        import pyarrow

        part = "chunks" if isinstance(value, pyarrow.ChunkedArray) else "array"
        return pyarrow.table([value], names=["0"]), part
    if root == "pandas" and name.endswith("Index"):
        import pandas

        return pandas.DataFrame(index=value), "index"
    return value, None


def of(frame: Any, part: Any) -> Any:
    """The part of a frame.

    Raises:
        Exception: It has no such part.
    """
    if part == "index":
        return frame.index
    if part == "series":
        return frame.to_series(0)
    if part == "chunks":
        return frame.column(0)
    if part == "array":
        column = frame.column(0)
        import pyarrow

        empty = pyarrow.array([], type=column.type)
        return pyarrow.concat_arrays(column.chunks) if column.num_chunks else empty
    raise ValueError(f"a frame has no part {part!r}")
