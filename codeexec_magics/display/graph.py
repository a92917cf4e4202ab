"""Where the steps of a graph stand, and how what leads from one to the next runs.

Lives wherever a result is shown and owns nothing. A step stands in the column after the last that
it needs, and in the order in which the steps are given; the same graph has the same places.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from codeexec_magics.display.blocks import Graph

WIDTH, HEIGHT = 168, 46
"""Of a step, in pixels; the style has the same numbers."""
GAP_X, GAP_Y = 40, 12
"""Between two of them."""
LARGEST = 40
"""Steps that are drawn; more are listed."""
MARKS = {
    "succeeded": ("✓", "ok"),
    "kept": ("✓", "ok"),
    "failed": ("✗", "bad"),
    "timed_out": ("✗", "warn"),
    "memory": ("✗", "bad"),
    "crashed": ("✗", "bad"),
    "interrupted": ("■", "stop"),
    "skipped": ("–", "off"),
    "running": ("▸", "run"),
    "waiting": ("·", "off"),
}
"""The sign of each state, which tells it without colour, and the style's name of its tone."""
_SILENT = ("succeeded", "waiting", "running", "")


@dataclass(frozen=True, slots=True)
class Layout:
    """A graph's places.

    Attributes:
        width: Of the whole, in pixels.
        height: The same.
        cells: Column and row of each name, counted from 1.
        path: The lines and their heads, as the data of one SVG path.
    """

    width: int
    height: int
    cells: Mapping[str, tuple[int, int]]
    path: str


def layout_of(graph: Graph) -> Layout:
    """Where everything of a graph stands; its steps need each other in no circle."""
    columns = _columns(graph)
    rows: dict[int, int] = {}
    cells: dict[str, tuple[int, int]] = {}
    for name in columns:
        column = columns[name]
        rows[column] = rows.get(column, 0) + 1
        cells[name] = column, rows[column]
    wide, high = max(rows, default=1), max(rows.values(), default=1)
    lines = (
        _line(cells[source], cells[step.name])
        for step in graph.steps
        for source in step.needs
        if source in cells
    )
    return Layout(
        wide * (WIDTH + GAP_X) - GAP_X,
        high * (HEIGHT + GAP_Y) - GAP_Y,
        cells,
        "".join(lines),
    )


def words_of(state: str) -> str:
    """The word for a state that its sign does not tell; empty for the others."""
    return "" if state in _SILENT else state.replace("_", " ")


def _columns(graph: Graph) -> dict[str, int]:
    """The column of each input and step, in the order in which they are given."""
    needs = {step.name: step.needs for step in graph.steps}
    found: dict[str, int] = {}
    first = 2 if graph.inputs else 1
    # Without recursion: a chain may be as long as a pipeline.
    for name in needs:
        pending = [name]
        while pending:
            top = pending[-1]
            missing = [to for to in needs[top] if to in needs and to not in found]
            if missing:
                pending += missing
                continue
            found[top] = max([first, *(found[to] + 1 for to in needs[top] if to in found)])
            pending.pop()
    steps = {name: found[name] for name in needs}
    # An input stands before the first step that takes it.
    takers = ((to, steps[name]) for name in needs for to in needs[name] if to not in needs)
    for name, column in takers:
        found[name] = min(found.get(name, column), column - 1)
    return steps | {name: found.get(name, 1) for name in graph.inputs}


def _line(source: tuple[int, int], target: tuple[int, int]) -> str:
    """A curve from the right side of one to the left side of the other, with a head."""
    left = source[0] * (WIDTH + GAP_X) - GAP_X
    right = (target[0] - 1) * (WIDTH + GAP_X)
    top = (source[1] - 1) * (HEIGHT + GAP_Y) + HEIGHT // 2
    bottom = (target[1] - 1) * (HEIGHT + GAP_Y) + HEIGHT // 2
    bend = GAP_X // 2
    curve = f"M{left} {top}C{left + bend} {top} {right - bend} {bottom} {right - 2} {bottom}"
    return f"{curve}m-5-3l5 3-5 3"
