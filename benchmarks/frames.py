"""Frames into JavaScript and back, beside records as JSON: ``python benchmarks/frames.py [ROWS…]``.

Runs every row of the table in turn, again and again, in this process, and prints a Markdown table
of medians and ratios. What it is compared with is what a user would write instead: the frame as a
list of records, ``json`` out and in, and Node reading standard input. ``NAME`` among the arguments
runs the rows whose name contains it.
"""

from __future__ import annotations

import json
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy
import pandas
import polars
from rows import Row as Comparison

from codeexec_magics import CodeExecutor, ExecutionResult
from codeexec_magics.languages.javascript import LANGUAGE

SIZES = (100_000, 1_000_000)
ROUNDS = {100_000: 5, 1_000_000: 3}
LIMIT = 600

READ_RECORDS = """
let text = ''
process.stdin.setEncoding('utf8')
process.stdin.on('data', (part) => { text += part })
process.stdin.on('end', () => {
  const df = JSON.parse(text)
  const result = %s
  process.stdout.write(JSON.stringify(result))
})
"""
PRICES = "df.map((row) => row.price * row.quantity)"
SPREAD = "df.map(({ price, quantity, ...rest }) => price * quantity)"
ROWS_OUT = "df.map((row) => ({ ...row, total: row.price * row.quantity }))"
SUM = "df.reduce((sum, row) => sum + row.price, 0)"


def frame_of(count: int) -> pandas.DataFrame:
    """Six columns: integers, floats, booleans, text that repeats and text that does not."""
    random = numpy.random.default_rng(0)
    return pandas.DataFrame(
        {
            "id": numpy.arange(count),
            "price": random.random(count) * 100,
            "quantity": random.integers(1, 10, count),
            "paid": random.random(count) < 0.5,
            "city": random.choice(["Berlin", "Paris", "Köln", "Rome"], count),
            "name": [f"customer {number}" for number in range(count)],
        }
    )


@dataclass(frozen=True)
class Row:
    """One row of the table.

    Attributes:
        name: What it is called.
        program: The JavaScript.
        converter: What the result becomes.
        library: What the frame is of.
    """

    name: str
    program: str
    converter: str = "auto"
    library: str = "pandas"


TABLE = (
    Row("`map` over rows, array back", PRICES),
    Row("`map` with destructuring and rest, array back", SPREAD),
    Row("`map` over rows, array back, polars", PRICES, library="polars"),
    Row("`for…of`, a number back", "let sum = 0; for (const row of df) sum += row.price; sum"),
    Row("`reduce`, a number back", SUM),
    Row("rows out, a frame back (`-c pandas`)", ROWS_OUT, "pandas"),
    Row("rows out, a frame back (`-c polars`)", ROWS_OUT, "polars", "polars"),
    Row("a column in, its sum out", "df.columns.price.reduce((sum, x) => sum + x, 0)"),
)


def by_json(row: Row, frame: Any, node: str) -> Any:
    """What a user would write without us."""
    is_pandas = row.library == "pandas"
    records = frame.to_dict("records") if is_pandas else frame.to_dicts()
    program = row.program.replace("df.columns.price.reduce((sum, x) => sum + x, 0)", SUM)
    if program.startswith("let sum"):
        program = SUM
    done = subprocess.run(
        [node, "-e", READ_RECORDS % program],
        input=json.dumps(records).encode(),
        capture_output=True,
        check=True,
    )
    result = json.loads(done.stdout)
    if row.converter == "pandas":
        return pandas.DataFrame.from_records(result)
    return polars.DataFrame(result) if row.converter == "polars" else result


def by_us(row: Row, frame: Any, executor: CodeExecutor) -> Any:
    """The same as a cell would do it."""
    result: ExecutionResult = executor.execute_javascript(
        row.program, {"df": frame}, converter=row.converter
    )
    result.raise_for_outcome()
    return result.output


def same(row: Row, left: Any, right: Any) -> bool:
    """Whether both ways have come to the same."""
    if row.converter == "auto":
        return bool(numpy.allclose(left, right))
    return bool(left["total"].sum() == right["total"].sum() and len(left) == len(right))


def timed(act: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds and result; what the measurement before has left is collected first."""
    began = time.perf_counter()
    result = act()
    return time.perf_counter() - began, result


def rows() -> Iterator[Comparison]:
    """The rows that have a goal, for the table of measurements."""
    goals = {100_000: (0.055, 0.10), 1_000_000: (0.035, 0.08)}
    chosen = [TABLE[0], next(row for row in TABLE if row.converter == "pandas")]
    with CodeExecutor(default_timeout=LIMIT) as executor:
        executor.execute_javascript("1")
        for count in SIZES:
            for row, goal in zip(chosen, goals[count], strict=True):
                ours, other = compare([row], count, executor)[row.name]
                name = f"{count:,} rows × 6, JavaScript: {row.name}"
                own, theirs = (statistics.median(figures) * 1000 for figures in (ours, other))
                yield Comparison(name, own, "records as JSON, `node`", theirs, goal)


def compare(
    rows: list[Row], count: int, executor: CodeExecutor
) -> dict[str, tuple[list[float], list[float]]]:
    """Seconds that each row takes us, and the other way, in turn."""
    pandas_frame = frame_of(count)
    frames = {"pandas": pandas_frame, "polars": polars.from_pandas(pandas_frame)}
    node = LANGUAGE.command(None, {"PATH": ""})[0]
    taken: dict[str, tuple[list[float], list[float]]] = {row.name: ([], []) for row in rows}
    for turn in range(ROUNDS.get(count, 5)):
        for row in rows:
            frame = frames[row.library]
            ours, left = timed(lambda row=row, frame=frame: by_us(row, frame, executor))  # type: ignore[misc]
            taken[row.name][0].append(ours)
            theirs, right = timed(lambda row=row, frame=frame: by_json(row, frame, node))  # type: ignore[misc]
            taken[row.name][1].append(theirs)
            if turn == 0 and not same(row, left, right):
                raise SystemExit(f"{row.name}: the results differ")
    return taken


def measure(rows: list[Row], count: int, executor: CodeExecutor) -> None:
    """Print the table of one size."""
    taken = compare(rows, count, executor)
    print(f"\n| {count:,} rows × 6 | ms | records as JSON | ratio |")
    print("|---|---|---|---|")
    for name, (ours_all, theirs_all) in taken.items():
        own, other = statistics.median(ours_all) * 1000, statistics.median(theirs_all) * 1000
        print(f"| {name} | {own:.0f} | {other:.0f} | {own / other:.3f} |", flush=True)


def main(arguments: list[str]) -> None:
    sizes = [int(text) for text in arguments if text.isdigit()] or list(SIZES)
    wanted = [text.lower() for text in arguments if not text.isdigit()]
    rows = [row for row in TABLE if all(text in row.name.lower() for text in wanted)]
    print(
        f"{platform.platform(terse=True)}, Python {platform.python_version()}, "
        f"pandas {pandas.__version__}; medians"
    )
    with CodeExecutor(default_timeout=LIMIT) as executor:
        executor.execute_javascript("1")
        for count in sizes:
            measure(rows, count, executor)


if __name__ == "__main__":
    main(sys.argv[1:])
