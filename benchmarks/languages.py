"""SQL, bash, and R beside what users would take instead."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pandas as pd
from rows import Row, medians

from codeexec_magics import CodeExecutor

ROUNDS = 15
LARGE_ROUNDS = 5
PAUSE = 0.3
"""Seconds between two runs: a worker of SQL stands by again after some of them."""
MILLION = 1_000_000

_CONNECT = "import duckdb; duckdb.sql('select 1').fetchall()"
_GROUPS = "select k, sum(a) a, avg(b) b, max(c) c from df group by k order by k"


def rows() -> Iterator[Row]:
    """All of them."""
    yield from queries()
    yield from large_queries()
    yield from shells()
    if shutil.which("Rscript"):
        yield from r_cells()


def queries() -> Iterator[Row]:
    """From the call to the frame, when a worker stands by."""
    with CodeExecutor(standbys=1) as executor:
        took = medians(
            {
                "ours": lambda: _run(executor, "select 1", "sql"),
                "process": lambda: (
                    subprocess.run([sys.executable, "-c", _CONNECT], check=True) and None
                ),
            },
            ROUNDS,
            pause=PAUSE,
        )
    beside = "a Python process that imports duckdb"
    yield Row("SQL, `select 1`", took["ours"], beside, took["process"], 0.12)


def large_queries() -> Iterator[Row]:
    """A frame of a million rows and six columns goes there; some rows, or all, come back."""
    import duckdb

    random = np.random.default_rng(0)
    df = pd.DataFrame({name: random.random(MILLION) for name in "abcde"})
    df["k"] = random.integers(0, 100, MILLION)
    here = duckdb.connect()
    here.register("df", df)
    for name, query, goal in (("group by", _GROUPS, 2.0), ("all rows", "from df", 1.2)):

        def ours(query: str = query) -> None:
            _run(executor, query, "sql", df=df)

        def inside(query: str = query) -> None:
            here.sql(query).df()

        with CodeExecutor(standbys=1) as executor:
            took = medians({"ours": ours, "inside": inside}, LARGE_ROUNDS, pause=PAUSE)
        what = f"SQL over 10⁶ × 6, {name}"
        yield Row(what, took["ours"], "duckdb in the kernel's process", took["inside"], goal)


def shells() -> Iterator[Row]:
    """A cell of one command."""
    with CodeExecutor(standbys=1) as executor:
        took = medians(
            {
                "ours": lambda: _run(executor, "true", "bash"),
                "process": lambda: subprocess.run(["bash", "-c", "true"], check=True) and None,
            },
            ROUNDS,
            pause=PAUSE,
        )
    beside = "`subprocess.run` of bash"
    yield Row("bash, trivial", took["ours"], beside, took["process"], 4)


def r_cells() -> Iterator[Row]:
    """A cell of one expression, when a worker stands by."""
    with CodeExecutor(standbys=1) as executor:
        took = medians(
            {
                "ours": lambda: _run(executor, "6 * 7", "r"),
                "process": lambda: (
                    subprocess.run(
                        ["Rscript", "-e", "6 * 7"], check=True, stdout=subprocess.DEVNULL
                    )
                    and None
                ),
            },
            ROUNDS,
            pause=2 * PAUSE,
        )
    yield Row("R, trivial", took["ours"], "`Rscript`", took["process"], 0.15)


def _run(executor: CodeExecutor, source: str, language: str, **inputs: object) -> None:
    executor.execute(source, language, inputs=inputs).raise_for_outcome()


if __name__ == "__main__":
    for row in rows():
        print(row.verdict(), flush=True)
