"""What a cell costs: the processor time of all processes, the standby that replaces it included."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from cells import CELLS, SETUP
from notebook import Notebook
from rows import Row

from codeexec_magics.supervision import processes

CELLS_IN_A_ROW = 20
ROUNDS = 3
PAUSE = 0.15
"""Seconds after a cell, in which the standby is made that replaces its worker."""
GOALS = {"js": 1.1, "python": 0.7}
NAMES = {"js": "JavaScript", "python": "Python"}


def rows() -> Iterator[Row]:
    """Each language beside the bare runtime, which nothing replaces."""
    notebook = Notebook(SETUP)
    try:
        for language, goal in GOALS.items():
            ours, bare = spent_by(notebook, CELLS[language], CELLS[f"script {language}"])
            name = f"{NAMES[language]} cell, all processes, processor time"
            yield Row(
                name, ours, f"`%%script {'node' if language == 'js' else 'python'}`", bare, goal
            )
    finally:
        notebook.close()


def spent_by(notebook: Notebook, *cells: str) -> list[float]:
    """Milliseconds of processor time that each of some cells takes, in turn."""
    found: list[list[float]] = [[] for _ in cells]
    for turn in range(1 + ROUNDS):
        for cell, figures in zip(cells, found, strict=True):
            settle(notebook, cell)
            before = spent(notebook.pid)
            for _ in range(CELLS_IN_A_ROW):
                settle(notebook, cell)
            if turn > 0:
                figures.append((spent(notebook.pid) - before) / CELLS_IN_A_ROW)
    return [statistics.median(figures) for figures in found]


def settle(notebook: Notebook, cell: str) -> None:
    """Run a cell, and wait until all that follows from it is done."""
    notebook.run(cell)
    time.sleep(PAUSE)


def spent(pid: int) -> float:
    """Milliseconds of processor time of a process, of its descendants, and of those that ended."""
    ticks = 0
    for process in (pid, *(found for found, _ in processes.descendants(pid))):
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        ticks += sum(map(int, fields[11:15]))
    return ticks * 1000 / os.sysconf("SC_CLK_TCK")
