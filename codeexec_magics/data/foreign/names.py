"""Names of columns where they must be text: in another language, in Arrow, in polars.

Used in the kernel.
"""

from __future__ import annotations

from typing import Any


def text_name(label: Any) -> str | None:
    """The text of a column's label; None if it has none that says the same.

    A label of several levels is its parts with ``_`` between them.
    """
    if isinstance(label, str):
        return str(label)
    if type(label) is int:
        return str(label)
    if type(label) is tuple:
        parts = [text_name(part) for part in label]
        return None if None in parts else "_".join(part for part in parts if part)
    return None


def level_names(index: Any, taken: Any) -> list[Any]:
    """The names of an index's levels, as `reset_index` of pandas names those that have none."""
    if index.nlevels == 1 and index.names[0] is None:
        return ["level_0" if "index" in taken else "index"]
    return [f"level_{at}" if name is None else name for at, name in enumerate(index.names)]
