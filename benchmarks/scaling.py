"""Maps on two workers of a local Dask cluster, beside what a user would write by hand.

``python benchmarks/scaling.py [ROUNDS]`` prints a Markdown table; each figure is of the whole call,
divided by the number of items. It is no part of the table of the docs: a cluster of two workers on
a machine of two cores is busy with itself, so let nothing else run.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from rows import Row, medians, table

from codeexec_magics import ExecutionOptions, Program, Transform

WORKERS = 2
WORKING, TINY, TASKS, BAGGED = 8_000, 200_000, 400, 20_000
MILLISECOND = 0.001
PYTHON = f"""
import time
def transform(x):
    end = time.perf_counter() + {MILLISECOND}
    while time.perf_counter() < end: pass
    return x
"""
JAVASCRIPT = f"""
function transform(x) {{
    const end = performance.now() + {MILLISECOND * 1000}
    while (performance.now() < end) {{}}
    return x
}}
"""
MARK = "64321"
POLITE = f"import subprocess\ndef transform(x): subprocess.run(['sleep', '{MARK}'])"
HOSTILE = f"import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n{POLITE}"
GRACE = 500.0
CANCEL_LIMIT = 150.0


def work(x: int) -> int:
    """A millisecond of it."""
    end = time.perf_counter() + MILLISECOND
    while time.perf_counter() < end:
        pass
    return x


def increment(x: int) -> int:
    """The least work there is."""
    return x + 1


def transform(source: str, language: str = "python") -> Transform:
    """A transform without a time limit."""
    return Transform("mapped", Program(source, language), ExecutionOptions(timeout=float("inf")))


def rows(client: Any, rounds: int) -> Iterator[Row]:
    """All of them."""
    yield from working(client, rounds)
    yield tasks(client, rounds)
    yield tiny(client, rounds)
    yield cancelled(client, rounds, "polite", POLITE, CANCEL_LIMIT, "the limit")
    yield cancelled(client, rounds, "deaf to SIGINT", HOSTILE, GRACE + 100, "grace + 100 ms")


def working(client: Any, rounds: int) -> Iterator[Row]:
    """Items of a millisecond."""
    items, python = range(WORKING), transform(PYTHON)
    javascript = transform(JAVASCRIPT, "javascript")
    with multiprocessing.Pool(WORKERS) as pool:
        took = medians(
            {
                "python": lambda: _each(lambda: python.map(items, on=client), WORKING),
                "javascript": lambda: _each(lambda: javascript.map(items, on=client), WORKING),
                "pool": lambda: _each(lambda: pool.map(work, items), WORKING),
            },
            rounds,
        )
    beside = "`multiprocessing.Pool.map`"
    yield Row("an item of 1 ms, `on=` Dask", took["python"], beside, took["pool"], 1.1, unit="µs")
    yield Row("the same in JavaScript", took["javascript"], beside, took["pool"], 1.15, unit="µs")


def tasks(client: Any, rounds: int) -> Row:
    """A task of Dask for each item."""
    python = transform(PYTHON)

    def by_hand() -> object:
        return client.gather(client.map(work, range(TASKS), pure=False))

    took = medians(
        {
            "python": lambda: _each(lambda: python.map(range(10 * TASKS), on=client), 10 * TASKS),
            "tasks": lambda: _each(by_hand, TASKS),
        },
        rounds,
    )
    beside = "`client.map`, a task an item"
    return Row(
        "an item of 1 ms, beside tasks", took["python"], beside, took["tasks"], 0.2, unit="µs"
    )


def tiny(client: Any, rounds: int) -> Row:
    """Items that cost nothing but their way."""
    from dask import bag

    source = transform("def transform(x): return x + 1")

    def by_bag() -> object:
        return bag.from_sequence(range(BAGGED), npartitions=16).map(increment).compute()

    took = medians(
        {
            "python": lambda: _each(lambda: source.map(range(TINY), on=client), TINY),
            "bag": lambda: _each(by_bag, BAGGED),
        },
        rounds,
    )
    return Row("a tiny item", took["python"], "`dask.bag`", took["bag"], 0.1, unit="µs")


def cancelled(client: Any, rounds: int, what: str, source: str, limit: float, called: str) -> Row:
    """From the cancelling of a task to the end of the last process of its cell."""
    cell = transform(source)

    def cancel() -> float:
        future = client.submit(cell, 1, pure=False)
        while not _alive():
            time.sleep(0.005)
        began = time.perf_counter()
        future.cancel()
        while _alive():
            time.sleep(0.002)
        return (time.perf_counter() - began) * 1000

    took = medians({"ours": cancel}, rounds)["ours"]
    return Row(f"a cancelled task, {what}, until nothing is left", took, called, limit, 1.0)


def _alive() -> bool:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if (folder / "cmdline").read_bytes().split(b"\0")[1:2] == [MARK.encode()]:
                return True
        except OSError:
            continue
    return False


def _each(call: Callable[[], object], count: int) -> float:
    """Microseconds for each item."""
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1e6 / count


def main() -> None:
    """Print the table."""
    from distributed import Client, LocalCluster

    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with (
        LocalCluster(n_workers=WORKERS, threads_per_worker=1, dashboard_address=":0") as cluster,
        Client(cluster) as client,
    ):
        # Workers import what is measured by its name.
        folder = os.path.dirname(os.path.abspath(__file__))
        client.run(sys.path.insert, 0, folder)
        print(table(rows(client, rounds)))


if __name__ == "__main__":
    main()
