"""A frame in Arrow's words: its data as a table, and the form by which it is made again.

Used in the kernel and in a Python child. A plain value.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Source(NamedTuple):
    """A frame in Arrow's words.

    Attributes:
        kind: ``pandas``, ``series``, ``polars``, ``arrow`` or ``batch``.
        rows: How many it has; the table has them only if it has columns.
        table: All of its data.
        form: How it is made again; None if it cannot be, exactly.
        shown: For each column that another language shows, its field; None where none has it.
    """

    kind: str
    rows: int
    table: Any
    form: dict[str, Any] | None
    shown: list[int | None]
