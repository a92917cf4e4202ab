"""Where the milliseconds of a cell go: ``python benchmarks/stages.py``.

The functions that a cell passes through are wrapped in stopwatches, in a real kernel. What a person
waits for, from the request of the front end to the idle message, is the sum of all stages.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Iterator

from notebook import Notebook

ROUNDS = 40
PAUSE = 0.15
"""Seconds between two cells: a person's, not a program's."""

STAGES = {
    "Jupyter, before": "the request travels, IPython compiles and finds the magic",
    "parse": "the line, the plan, the inputs' names",
    "lease": "the supervisor hands a worker over that stands by",
    "encode": "the inputs and the message that carries them",
    "run": "to the worker, the program, its value back",
    "clean-up": "every process is killed and awaited, until the tree is proven empty",
    "decode": "the value",
    "engine, the rest": "sockets, descriptors, the shield, the result",
    "store and render": "the card, in all of its forms, and its message",
    "Jupyter, after": "the reply and the idle message travel",
}
SETUP = """
%load_ext codeexec_magics
import time
from collections import defaultdict
from codeexec_magics.engine import executor, worker
from codeexec_magics.leases.exchange import Exchange
from codeexec_magics.magics import parsing, plan

spent, marks = defaultdict(float), {}

def timed(owner, name, stage):
    whole = getattr(owner, name)
    def wrapped(*given, **named):
        began = time.monotonic()
        try:
            return whole(*given, **named)
        finally:
            spent[stage] += time.monotonic() - began
    setattr(owner, name, wrapped)

timed(parsing, 'parse', 'parse')
timed(plan, 'make_plan', 'parse')
timed(executor.CodeExecutor, 'run', 'engine')
timed(worker, 'take_lease', 'lease')
timed(worker, 'run_message', 'encode')
timed(Exchange, 'inputs', 'encode')
timed(Exchange, 'result', 'decode')

whole_settle = worker.Worker.settle
def settle(self):
    conversation = self.conversation
    spent['run'] += conversation.ended - conversation.began
    spent['clean-up'] += time.monotonic() - conversation.ended
    whole_settle(self)
worker.Worker.settle = settle

magic = get_ipython().magics_manager.magics['cell']['transform']
def whole_magic(*given, **named):
    spent.clear()
    marks['in'] = time.monotonic()
    try:
        return magic(*given, **named)
    finally:
        marks['out'] = time.monotonic()
for name in ('_ipython_magic_no_var_expand', 'needs_local_scope'):
    if hasattr(magic, name):
        setattr(whole_magic, name, getattr(magic, name))
get_ipython().magics_manager.magics['cell']['transform'] = whole_magic
"""
CELLS = {"Python": "%%transform\n1 + 1", "JavaScript": "%%transform js\n1 + 1"}


def lines() -> Iterator[str]:
    """The table, in Markdown: medians of each stage in milliseconds."""
    taken: dict[str, list[dict[str, float]]] = {language: [] for language in CELLS}
    notebook = Notebook(SETUP)
    try:
        for turn in range(ROUNDS + 3):
            for language, cell in CELLS.items():
                time.sleep(PAUSE)
                spent = stages_of(notebook, cell)
                if turn >= 3:  # the first ones load modules
                    taken[language].append(spent)
    finally:
        notebook.close()
    yield "| stage | " + " | ".join(CELLS) + " | what it is |"
    yield "|---|---|---|---|"
    for stage, meaning in STAGES.items():
        figures = (statistics.median(each[stage] for each in taken[name]) for name in CELLS)
        yield f"| {stage} | {' | '.join(f'{figure:.2f} ms' for figure in figures)} | {meaning} |"
    sums = (statistics.median(sum(each.values()) for each in taken[name]) for name in CELLS)
    yield f"| **all** | {' | '.join(f'**{figure:.1f} ms**' for figure in sums)} | |"


def stages_of(notebook: Notebook, cell: str) -> dict[str, float]:
    """Milliseconds of each stage of one cell."""
    began = time.monotonic()
    notebook.run(cell)
    ended = time.monotonic()
    spent, marks = notebook.value("spent"), notebook.value("marks")
    found = {stage: spent.get(stage, 0.0) for stage in STAGES}
    inside = ("lease", "encode", "run", "clean-up", "decode")
    found["engine, the rest"] = spent["engine"] - sum(spent.get(name, 0.0) for name in inside)
    in_magic = marks["out"] - marks["in"]
    found["store and render"] = in_magic - found["parse"] - spent["engine"]
    found["Jupyter, before"] = marks["in"] - began
    found["Jupyter, after"] = ended - marks["out"]
    return {stage: seconds * 1000 for stage, seconds in found.items()}


if __name__ == "__main__":
    for line in lines():
        sys.stdout.write(line + "\n")
