"""Many tiny items on two processes, a deadline for each: beside the pools that a user would take.

``python benchmarks/items.py`` prints a Markdown table; each figure is of the whole call, the start
of the processes included where it belongs to the call, divided by the number of items.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator

from rows import Row, medians, table

from codeexec_magics import (
    CodeExecutor,
    ItemFailure,
    MapPlan,
    Outcome,
)
from codeexec_magics.values.options import ExecutionOptions, Program

WORKERS = 2
SINGLE, BATCHED = 50_000, 400_000
CHUNK = 2_000
DEADLINE = 5.0
ROUNDS = 7
HANG_DEADLINE = 2.0
DEADLINE_MS = HANG_DEADLINE * 1000
SOURCE = "def transform(x):\n    return x + 1"


def increment(x: int) -> int:
    """The work of an item."""
    return x + 1


def rows() -> Iterator[Row]:
    """All of them."""
    yield from single()
    yield from batched()
    yield hung()


def single() -> Iterator[Row]:
    """Each item is a message of its own."""
    items = range(SINGLE)
    with CodeExecutor() as executor, multiprocessing.Pool(WORKERS) as pool:
        took = medians(
            {
                "python": lambda: _each(lambda: _map(executor, "python", items, 1), SINGLE),
                "pool": lambda: _each(lambda: list(pool.imap(increment, items, 1)), SINGLE),
            },
            ROUNDS,
        )
    beside = "`multiprocessing.Pool.imap`, no deadline"
    yield Row("one tiny item, single", took["python"], beside, took["pool"], 0.9, unit="µs")


def batched() -> Iterator[Row]:
    """Many items are one message."""
    try:
        from pebble import ProcessPool
    except ImportError:  # pip install pebble, to compare with it
        return

    items = range(BATCHED)

    def pebble() -> object:
        future = pool.map(increment, items, chunksize=CHUNK, timeout=DEADLINE)
        return list(future.result())

    with CodeExecutor() as executor, ProcessPool(WORKERS) as pool:
        took = medians(
            {
                "python": lambda: _each(lambda: _map(executor, "python", items, None), BATCHED),
                "pebble": lambda: _each(pebble, BATCHED),
                "javascript": lambda: _each(
                    lambda: _map(executor, "javascript", items, None), BATCHED
                ),
            },
            ROUNDS,
        )
    beside = "`pebble`, a deadline for each chunk"
    yield Row("one tiny item, batched", took["python"], beside, took["pebble"], 0.3, unit="µs")
    yield Row("the same in JavaScript", took["javascript"], beside, took["pebble"], unit="µs")


def hung() -> Row:
    """From the start of an item that hangs to the map's end; it is lost, and only it."""
    program = Program(
        "import time\n"
        "def transform(x):\n"
        "    if x == 700: print(time.monotonic())\n"
        "    while x == 700: pass\n"
        "    return x"
    )
    options = ExecutionOptions(timeout=HANG_DEADLINE)
    plan = MapPlan(workers=WORKERS, on_error="collect")

    with CodeExecutor() as executor:

        def hang() -> float:
            result = executor.map(program, options, range(1000), plan=plan)
            ended = time.monotonic()
            lost = [value for value in result.output if isinstance(value, ItemFailure)]
            assert [(item.index, item.outcome) for item in lost] == [(700, Outcome.TIMED_OUT)]
            return (ended - float(result.stdout)) * 1000

        took = medians({"ours": hang}, 3, warm=1)["ours"]
    return Row("an item that hangs, until it is ended", took, "its deadline", DEADLINE_MS, 1.1)


def _map(executor: CodeExecutor, language: str, items: range, batch: int | None) -> None:
    source = SOURCE if language == "python" else "x => x + 1"
    plan = MapPlan(workers=WORKERS, batch=batch)
    options = ExecutionOptions(timeout=DEADLINE)
    result = executor.map(Program(source, language), options, items, plan=plan)
    assert result.output[-1] == len(items), result.error


def _each(call: Callable[[], object], count: int) -> float:
    """Microseconds for each item."""
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1e6 / count


if __name__ == "__main__":
    print(table(rows()))
