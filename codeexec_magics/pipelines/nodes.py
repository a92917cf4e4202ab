"""What a configuration says, with the place of each word; and what is wrong with it.

Runs in any process that loads a pipeline; plain values, no YAML. The readers make nodes of text,
and everything that is told of them later has a line and a column.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

LARGEST = 1_000_000
"""Bytes of a configuration."""
DEEPEST = 50
"""Levels of nesting."""
MOST = 100_000
"""Values in a configuration, those that aliases repeat included."""


class Problem(NamedTuple):
    """One thing that is wrong, and where; line and column are counted from 1."""

    file: str
    line: int
    column: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.text}"


@dataclass(slots=True)
class Node:
    """One value of a configuration.

    Attributes:
        line: Where it begins, counted from 1.
        column: The same.
        value: A scalar, a list of nodes, or a dict of nodes by name.
        text: A scalar as it is written, quotes and escapes read.
        style: How a scalar is written: empty for plain, or the sign it begins with.
        keys: Where the keys of a dict stand.
        size: How many values it is, aliases written out.
    """

    line: int
    column: int
    value: Any
    text: str = ""
    style: str = ""
    keys: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    size: int = 1

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all is written here."""
        return self.value is None and not self.text and not self.style

    def data(self) -> Any:
        """The value without its places."""
        if isinstance(self.value, dict):
            return {name: node.data() for name, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.data() for node in self.value]
        return self.value

    def shown(self) -> str:
        """The value in a few characters, for a sentence."""
        if isinstance(self.value, dict):
            return "a mapping"
        if isinstance(self.value, list):
            return "a list"
        if isinstance(self.value, str):
            return repr(self.value if len(self.value) <= 40 else self.value[:39] + "…")
        return self.text or "nothing"


Report = Callable[[Node, str], None]
"""Takes note of a problem: where, and what."""


class Problems:
    """Collects what is wrong, so that all of it is told at once.

    Args:
        file: The file's name for people.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.found: list[Problem] = []

    def __call__(self, node: Node, text: str) -> None:
        """Take note of a problem with a value."""
        self.at(node.line, node.column, text)

    def at(self, line: int, column: int, text: str, file: str | None = None) -> None:
        """Take note of a problem at a place, which may be in another file."""
        problem = Problem(file or self.file, line, column, text)
        if problem not in self.found:  # an alias shows the same value twice
            self.found.append(problem)

    def sorted(self) -> tuple[Problem, ...]:
        """All of them, in the order of the file."""
        return tuple(sorted(self.found, key=lambda found: (found.file != self.file, *found)))


def nearest(word: str, known: Iterable[str]) -> str:
    """``; did you mean `x`?`` for a word that nearly is one of the known, else nothing."""
    near = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean `{near[0]}`?" if near else ""
