"""Rows of the table of measurements: what is ours, what it stands beside, and the goal."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One comparison.

    Attributes:
        name: What is measured.
        ours: The median of our figure.
        beside: What a user would take instead.
        other: The median of its figure.
        goal: The largest ratio that is wanted; None where there is none. It is told to whoever
            measures, not in the docs.
        unit: Of all figures.
        limit: What cannot be gone below here, measured in the same run; None where it is not known.
    """

    name: str
    ours: float
    beside: str
    other: float
    goal: float | None = None
    unit: str = "ms"
    limit: float | None = None

    @property
    def ratio(self) -> float:
        return self.ours / self.other if self.other else float("nan")

    def line(self) -> str:
        """The row in Markdown."""
        ours, other = (f"{_short(figure)} {self.unit}" for figure in (self.ours, self.other))
        limit = "" if self.limit is None else f"{_short(self.limit)} {self.unit}"
        return (
            f"| {self.name} | {ours} | {self.beside} | {other} | {_short(self.ratio)} | {limit} |"
        )

    def verdict(self) -> str:
        """The row, and whether its goal is met, for whoever measures."""
        if self.goal is None:
            return self.line()
        return f"{self.line()} {'met' if self.ratio <= self.goal else 'MISSED'}: ≤ {self.goal:g}"


HEAD = "| what | takes | beside | takes | ratio | limit |\n|---|---|---|---|---|---|"


def table(rows: Iterable[Row]) -> str:
    """All rows in Markdown."""
    return "\n".join([HEAD, *(row.line() for row in rows)])


def medians(
    actions: dict[str, Callable[[], float | None]], rounds: int, *, warm: int = 2, pause: float = 0
) -> dict[str, float]:
    """Do each action in turn, again and again, so that all meet the same noise.

    Args:
        actions: By name; one that returns a number has measured itself, else it is timed (ms).
        rounds: How often.
        warm: Rounds before these that do not count.
        pause: Seconds between two actions.
    """
    taken: dict[str, list[float]] = {name: [] for name in actions}
    for turn in range(warm + rounds):
        for name, action in actions.items():
            time.sleep(pause)
            began = time.perf_counter()
            found = action()
            took = (time.perf_counter() - began) * 1000 if found is None else found
            if turn >= warm:
                taken[name].append(took)
    return {name: statistics.median(figures) for name, figures in taken.items() if figures}


def in_blocks(
    actions: dict[str, Callable[[], float | None]], blocks: int, *, block: int = 5, pause: float = 0
) -> dict[str, float]:
    """As `medians`, but each action several times in a row; the first of them does not count."""
    taken: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(blocks):
        for name, action in actions.items():
            for turn in range(1 + block):
                found = medians({name: action}, 1, warm=0, pause=pause)
                if turn:
                    taken[name].append(found[name])
    return {name: statistics.median(figures) for name, figures in taken.items()}


def _short(figure: float) -> str:
    if figure >= 100:
        return f"{figure:,.0f}"
    return f"{figure:.1f}" if figure >= 10 else f"{figure:.2f}"
