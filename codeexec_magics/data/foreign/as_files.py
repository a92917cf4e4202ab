"""Values of Python's libraries for languages that know text, lists and files: frames as CSV.

Used in the kernel. The file's content travels in the arena; the runner writes it where the program
finds it. CSV is that of RFC 4180, in UTF-8: a header, no index, nothing where a value is missing.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from ...protocol.scalars import type_module

if TYPE_CHECKING:
    from ..writer import Writer


def node(encoder: Writer, value: Any) -> Any:
    """The node of a value of numpy, pandas, polars or pyarrow; None if it is no data of theirs.

    Raises:
        EncodingFailed: Something in it has no form.
    """
    root = type_module(type(value)).partition(".")[0]
    if root == "numpy" and hasattr(value, "tolist"):
        return encoder.node(value.tolist())
    if root not in ("pandas", "polars", "pyarrow"):
        return None
    text = _csv(value, root)
    if text is not None:
        return {"$": "file", "suffix": ".csv", "b": encoder.buffer(text)}
    for method in ("to_pylist", "to_list", "tolist"):
        if hasattr(value, method):
            return encoder.node(getattr(value, method)())
    return None


def _csv(value: Any, root: str) -> bytes | None:
    """A frame as CSV; None if it is no frame."""
    if root == "pandas" and hasattr(value, "columns") and hasattr(value, "to_csv"):
        named = [name for name in value.index.names if name is not None]
        frame = value.reset_index(level=named) if named else value
        return bytes(frame.to_csv(index=False), "utf-8")
    if root == "polars" and hasattr(value, "write_csv"):
        return bytes(value.write_csv(), "utf-8")
    if root == "pyarrow" and hasattr(value, "column_names"):
        # Not Arrow's own writer: it puts every text into quotes, which a shell's tools would keep.
        file = io.StringIO()
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(value.column_names)
        writer.writerows(zip(*(column.to_pylist() for column in value.columns)))
        return file.getvalue().encode("utf-8", "surrogatepass")
    return None
