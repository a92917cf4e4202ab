"""Recognise data that JSON holds as it is, at the speed of C.

Used in the kernel and in the child. Nothing of a value is called: only exact types count.
"""

from __future__ import annotations

import json
import math
from itertools import chain
from typing import Any

from ..protocol.numbers import LARGEST_INLINE, LARGEST_INTEGER
from ..protocol.scalars import is_unicode
from ..protocol.tree import FLAT, LEAVES, is_index

# A program may replace what the module `json` offers; this one is made before it starts.
_write_text = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode


def plain_text(values: list[Any]) -> str | None:
    """A list as the JSON text of a value of PROTOCOL.md, in ASCII; None if it is not that simple.

    For many small values in a row: it makes no object but the text.
    """
    if not is_plain(values, list):
        return None
    text = _write_text(values)
    return f'{{"codec":"tree","inline":{text}}}' if len(text) <= LARGEST_INLINE else None


def plain_items(value: object) -> list[Any] | None:
    """The list of scalars that a value of PROTOCOL.md is; None if it is not that simple."""
    if type(value) is not dict or len(value) != 2 or value.get("codec") != "tree":
        return None
    items = value.get("inline")
    return items if type(items) is list and LEAVES.issuperset(map(type, items)) else None


def is_plain(value: Any, cls: type) -> bool:
    """Whether an exact list or dict is its own node.

    Seen are lists of scalars, dicts of scalars, and lists of either: what is large in practice.
    Anything else, however plain, is left to the general way.
    """
    if cls is dict:
        return _are_keys(value) and _are_scalars(list(value.values()))
    if cls is not list:
        return False
    types = set(map(type, value))
    if types == {dict}:
        keys = list(chain.from_iterable(value))
        return _are_keys(keys) and _are_scalars(
            list(chain.from_iterable(map(dict.values, value))),
        )
    if types == {list}:
        return _are_scalars(list(chain.from_iterable(value)))
    return _are_scalars(value)


def members_type(values: list[Any]) -> type | None:
    """The type of a list's members where all have the same and hold plain scalars only.

    None unless they are tuples, sets or frozensets: rows of a database, for example.
    """
    types = set(map(type, values))
    if len(types) != 1 or not types <= FLAT.keys():
        return None
    return types.pop() if _are_scalars(list(chain.from_iterable(values))) else None


def _are_keys(keys: Any) -> bool:
    if set(map(type, keys)) - {str}:
        return False
    distinct = set(keys)
    if "$" in distinct or any(key[:1].isdigit() and is_index(key) for key in distinct):
        return False
    return all(map(is_unicode, distinct))


def _are_scalars(values: list[Any]) -> bool:
    types = set(map(type, values))
    if not types <= LEAVES:
        return False
    integers = _of_type(int, values, types)
    if integers and (max(integers) > LARGEST_INTEGER or min(integers) < -LARGEST_INTEGER):
        return False
    if not all(map(math.isfinite, _of_type(float, values, types))):
        return False
    # One text for all: a line end keeps halves of a surrogate pair of two texts apart.
    texts = _of_type(str, values, types)
    return all(map(str.isascii, texts)) or is_unicode("\n".join(texts))


def _of_type(cls: type, values: list[Any], types: set[type]) -> list[Any]:
    if cls not in types:
        return []
    return values if len(types) == 1 else [value for value in values if type(value) is cls]
