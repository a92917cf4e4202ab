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
        goal: The largest ratio that is wanted; None where there is no goal.
        unit: Of both figures.
    """

    name: str
    ours: float
    beside: str
    other: float
    goal: float | None = None
    unit: str = "ms"

    @property
    def ratio(self) -> float:
        return self.ours / self.other if self.other else float("nan")

    def line(self) -> str:
        """The row in Markdown."""
        goal = "" if self.goal is None else f"≤ {self.goal:g}"
        sign = "" if self.goal is None or self.ratio <= self.goal else " ✗"
        ours, other = (f"{_short(figure)} {self.unit}" for figure in (self.ours, self.other))
        ratio = f"{_short(self.ratio)}{sign}"
        return f"| {self.name} | {ours} | {self.beside} | {other} | {ratio} | {goal} |"


HEAD = "| what | takes | beside | takes | ratio | goal |\n|---|---|---|---|---|---|"


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


def _short(figure: float) -> str:
    if figure >= 100:
        return f"{figure:,.0f}"
    return f"{figure:.1f}" if figure >= 10 else f"{figure:.2f}"
