"""The values that a failing line used, as short texts.

Runs in the child, on the user's objects: every repr may throw or be endless. What looks secret is
hidden where it is shown.
"""

from __future__ import annotations

import re
import reprlib
import textwrap
from collections.abc import Sequence
from typing import Any

_MOST_VALUES = 6
_LONGEST = 120
_DULL = (type(re), type(len), type(lambda: None), type)
_ADDRESS = re.compile(r" at 0x[0-9A-Fa-f]+")
_MISSING = object()
_LIBRARIES = frozenset({"pandas", "polars", "pyarrow", "numpy", "geopandas"})
_MOST_COLUMNS = 12
_FEW = 8
"""Items of an array that are shown as numpy shows them."""


def values_on(
    frame: Any, excerpt: Sequence[str], line: int, end_line: int | None, start: int
) -> list[tuple[str, str]]:
    """Names that are used on a line of a frame, in the order of the source, with their values."""
    text = "\n".join(excerpt[line - start : (end_line or line) - start + 1])
    try:
        names = _names(text)
    except Exception:  # noqa: BLE001 - without descriptors or memory the parser cannot be imported
        return []
    found = []
    for name in names:
        value = frame.f_locals.get(name, frame.f_globals.get(name, _MISSING))
        if value is _MISSING or isinstance(value, _DULL):
            continue
        found.append((name, short(value)))
        if len(found) == _MOST_VALUES:
            break
    return found


def short(value: Any) -> str:
    """A short text of a value, without addresses; never throws."""
    try:
        text = _of_table(value)
    except Exception:  # noqa: BLE001 - the user's attributes
        text = ""
    if text:
        return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    shortener = reprlib.Repr()
    shortener.maxstring = shortener.maxother = _LONGEST
    shortener.maxdict = shortener.maxlist = shortener.maxtuple = shortener.maxset = 8
    try:
        text = _ADDRESS.sub("", " ".join(shortener.repr(value).split()))
    except Exception as error:  # noqa: BLE001 - the user's __repr__
        return f"<{type(value).__name__}: its repr throws {type(error).__name__}>"
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _of_table(value: Any) -> str:
    """A frame's size and columns, a series' or an array's type and size; empty for all else.

    Their own texts are tables, and say nothing on one line.
    """
    kind = type(value)
    if (kind.__module__ or "").partition(".")[0] not in _LIBRARIES:
        return ""
    columns = getattr(value, "column_names", None) or getattr(value, "columns", None)
    if columns is not None and len(value.shape) == 2:
        rows, count = value.shape
        shown = ", ".join(map(str, list(columns)[:_MOST_COLUMNS]))
        return f"{kind.__name__} {rows:,} × {count:,}: {shown}{', …' * (count > _MOST_COLUMNS)}"
    dtype, shape = getattr(value, "dtype", None), getattr(value, "shape", None)
    if dtype is None or not shape or (kind.__name__ == "ndarray" and value.size <= _FEW):
        return ""
    size = " × ".join(f"{length:,}" for length in shape)
    return f"{kind.__name__} {dtype}, {size}{' values' if len(shape) == 1 else ''}"


def _names(text: str) -> list[str]:
    import ast  # late: slow to import, and needed for failures only

    tree = _parsed(textwrap.dedent(text).strip())
    if tree is None:
        words = re.findall(r"(?<![\w.\"'])[A-Za-z_]\w*", text)
        return list(dict.fromkeys(words))
    places = [
        (node.lineno, node.col_offset, node.id)
        for node in ast.walk(tree)
        if isinstance(node, ast.Name)
    ]
    return list(dict.fromkeys(name for _, _, name in sorted(places)))


def _parsed(text: str) -> Any:
    import ast

    # A line of a compound statement (`for x in y:`, `return f(`) is no program by itself.
    for attempt in (text, text + "\n    pass", "def f():\n " + text, "async def f():\n " + text):
        try:
            return ast.parse(attempt)
        except (SyntaxError, ValueError):
            continue
    return None
