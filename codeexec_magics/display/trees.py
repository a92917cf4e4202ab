"""Fold nested data into a tree.

Lives wherever a result is shown and owns nothing. Only exact built-in containers are walked, and
never more of them than is shown; a structure that contains itself ends at the depth limit.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from codeexec_magics.display.blocks import Node, Tree
from codeexec_magics.display.one_line import (
    brief,
    is_scalar,
    is_whole,
    spoken,
    type_name,
)
from codeexec_magics.display.wording import counted

_MOST_CHILDREN = 12
_MOST_NODES = 120
_DEEPEST = 5
_SHORT = 80


def tree_of(value: object) -> Tree:
    """The block that shows a dict or a list with something in it."""
    return Tree(_node("", value, 0, _MOST_NODES))


def _node(label: str, value: object, depth: int, room: int) -> Node:
    """One entry and at most ``room`` nodes below it, shared out evenly to its children."""
    # A date reads better as people write it than as Python's code for it.
    text = spoken(value) if is_scalar(value) else brief(value)
    short = depth > 0 and len(text) <= _SHORT and is_whole(text)
    if type(value) not in {dict, list, tuple} or short or depth == _DEEPEST or room < 1:
        return Node(label, text)

    size = len(value)  # type: ignore[arg-type]
    shown = list(islice(_entries(value), min(_MOST_CHILDREN, room)))
    share = room // len(shown) - 1 if shown else 0
    children = tuple(_node(name, item, depth + 1, share) for name, item in shown)
    noun = "key" if type(value) is dict else "item"
    return Node(label, f"{type_name(value)}, {counted(size, noun)}", children, size - len(children))


def _entries(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        return (
            (brief(key, longest=60) if type(key) is not str else _name(key), item)
            for key, item in value.items()
        )
    assert isinstance(value, list | tuple)
    return ((str(position), item) for position, item in enumerate(value))


def _name(key: str) -> str:
    # A key that could be mistaken for the tree's own words is written with its quotes.
    return key[:60] if key.isidentifier() and len(key) <= 60 else brief(key, longest=60)
