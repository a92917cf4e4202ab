"""What a card is made of, before anybody decides between HTML and text.

Lives wherever a result is shown and owns nothing. The modules that look at results and values
build these plain frozen blocks; `codeexec_magics.display.html` and `codeexec_magics.display.text`
draw the same ones, so both forms have the same sections by construction. Texts in a block are
already cut to size and free of control characters, and not yet escaped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Clip:
    """The beginning and the end of a text of many lines.

    Attributes:
        head: The first lines.
        left_out: How many lines between ``head`` and ``tail`` are not here.
        tail: The last lines; empty unless something was left out.
    """

    head: tuple[str, ...]
    left_out: int = 0
    tail: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Header:
    """The card's first line.

    Attributes:
        state: ``ok``, ``bad``, ``warn``, ``stop`` or ``run``: what colour and icon follow.
        word: The state for people, for example ``done`` or ``killed by SIGSEGV``.
        language: The language's name.
        target: The variable that took the value; empty if none did.
        type: The value's type; empty if there is no value.
        detail: What else is to be known at a glance, and is the same in each run.
        chip: Volatile figures; empty unless a person is watching.
    """

    state: str
    word: str
    language: str
    target: str = ""
    type: str = ""
    detail: str = ""
    chip: str = ""


@dataclass(frozen=True, slots=True)
class Plain:
    """A value, or a note on an exception, as text."""

    clip: Clip


@dataclass(frozen=True, slots=True)
class Cell:
    """One value in a table; ``missing`` marks the many kinds of nothing."""

    text: str
    missing: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Attributes:
        name: Its heading.
        dtype: Its type, in the words of the library that it comes from.
        numeric: Whether it is aligned to the right.
        cells: What is shown of it, as many as the table has rows shown.
        label: Whether it is an index, that is, names the rows.
    """

    name: str
    dtype: str
    numeric: bool
    cells: tuple[Cell, ...]
    label: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Columns of equal length, and a caption that says how much more there is."""

    columns: tuple[Column, ...]
    caption: str


@dataclass(frozen=True, slots=True)
class Node:
    """One entry of a tree.

    Attributes:
        label: Its key or position.
        text: Its value on one line, or what it holds if it has children.
        children: The entries below it.
        left_out: How many more children there are.
    """

    label: str
    text: str
    children: tuple[Node, ...] = ()
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Tree:
    """Nested data; ``root`` itself is not shown, its children are."""

    root: Node


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture: its MIME type, its bytes as base64, and what to say where it cannot be seen."""

    mime: str
    data: str
    alternative: str


@dataclass(frozen=True, slots=True)
class Markup:
    """HTML that a value or the program made of itself, and what to say where it cannot be seen."""

    html: str
    alternative: Clip


@dataclass(frozen=True, slots=True)
class Foreign:
    """What only front ends with an extension for its MIME type draw, and what others say."""

    mime: str
    content: Mapping[str, Any]
    alternative: Clip


@dataclass(frozen=True, slots=True)
class Headline:
    """What was thrown: the exception's type and its message."""

    type: str
    message: Clip


@dataclass(frozen=True, slots=True)
class Remark:
    """A small line, for example ``at this cell, line 12, in`` and ``transform``, which is code."""

    text: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a line of code: its kind (a token's class, or empty), whether it failed."""

    text: str
    kind: str = ""
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an excerpt.

    Attributes:
        number: As the user's editor counts.
        segments: Its text.
        failing: Whether the failure is here.
        values: Names used on the line with their values; only where ``failing``.
    """

    number: int
    segments: tuple[Segment, ...]
    failing: bool = False
    values: tuple[tuple[str, str], ...] = ()

    @property
    def indent(self) -> str:
        """The blanks before its first word."""
        text = "".join(segment.text for segment in self.segments)
        return text[: len(text) - len(text.lstrip())]


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The lines of source around a failure."""

    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Frames:
    """The rest of the stack, folded."""

    summary: str
    places: tuple[Remark, ...]


@dataclass(frozen=True, slots=True)
class Stream:
    """What the program printed, folded unless ``unfolded``."""

    name: str
    lines: int
    clip: Clip
    unfolded: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a program is: ``done`` of ``total`` (None: nobody knows), and the same in words."""

    done: float
    total: float | None
    text: str = ""


@dataclass(frozen=True, slots=True)
class GraphStep:
    """One step of a pipeline.

    Attributes:
        name: What it is called.
        language: The language's name.
        state: How far it is, as in `graph.MARKS`; empty if it is only drawn.
        needs: The inputs and steps whose values it takes.
        note: Why it is in this state, where that is to be told.
    """

    name: str
    language: str
    state: str = ""
    needs: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Graph:
    """The steps of a pipeline, in the order in which they are written, and its inputs."""

    steps: tuple[GraphStep, ...]
    inputs: tuple[str, ...] = ()


Block = (
    Plain
    | Table
    | Tree
    | Picture
    | Markup
    | Foreign
    | Headline
    | Remark
    | Excerpt
    | Frames
    | Stream
    | Progress
    | Graph
)


@dataclass(frozen=True, slots=True)
class Card:
    """A header and the blocks below it."""

    header: Header
    blocks: tuple[Block, ...] = ()
