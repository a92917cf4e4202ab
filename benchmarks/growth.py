"""Cost against size, drawn into ``docs/static/growth.svg``: ``python benchmarks/growth.py``.

Rows of a frame from 10³ to 10⁷ through each language, items of a map from 10² to 10⁶, 1 to 16 cells
at once, and many cells in a row (10⁴; ``--quick`` stops at a hundredth of each).
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy
import pandas

from codeexec_magics import CodeExecutor, ExecutionOptions, Program, Transform

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "static" / "growth.svg"
OPTIONS = ExecutionOptions(timeout=600)
ROWS = {
    "Python": ("df.assign(cost=df.price * df.n)", "python"),
    "JavaScript": (
        "const cost = df.map((row) => row.price * row.n); df.columns.cost = cost; df",
        "javascript",
    ),
    "SQL": ("select *, price * n as cost from df", "sql"),
}
ITEMS = {
    "Python": ("def transform(x):\n    return x * 2", "python"),
    "JavaScript": ("function transform(x) { return x * 2 }", "javascript"),
}
Series = dict[str, list[tuple[float, float]]]
"""By name: pairs of a size and of seconds."""


def seconds(action: Callable[[], object], rounds: int = 3) -> float:
    """The median of some rounds, the first not counted."""
    taken = []
    for _ in range(1 + rounds):
        began = time.perf_counter()
        action()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken[1:])


def rows(executor: CodeExecutor, largest: int) -> Series:
    """A column added to a frame of three, in each language."""
    found: Series = {name: [] for name in ROWS}
    size = 1_000
    while size <= largest:
        random = numpy.random.default_rng(0)
        frame = pandas.DataFrame(
            {"id": range(size), "price": random.random(size), "n": random.integers(1, 9, size)}
        )
        for name, (source, language) in ROWS.items():
            program = Program(source, language)

            def run(program: Program = program, frame: pandas.DataFrame = frame) -> None:
                result = executor.run(program, OPTIONS, {"df": frame})
                assert len(result.raise_for_outcome().output) == len(frame)

            found[name].append((size, seconds(run)))
        size *= 10
    return found


def items(largest: int) -> Series:
    """A function of one line over many numbers."""
    found: Series = {name: [] for name in ITEMS}
    size = 100
    while size <= largest:
        for name, (source, language) in ITEMS.items():
            double = Transform("double", Program(source, language), OPTIONS)

            def run(double: Transform = double, size: int = size) -> None:
                assert len(double.map(range(size))) == size

            found[name].append((size, seconds(run)))
        size *= 10
    return found


def at_once(executor: CodeExecutor) -> Series:
    """Trivial runs at the same time, from as many threads: seconds until all have ended."""
    found: Series = {"Python": [], "JavaScript": []}
    for name, points in found.items():
        for count in (1, 2, 4, 8, 16):
            with ThreadPoolExecutor(count) as threads:

                def run(
                    language: str = name.lower(),
                    count: int = count,
                    threads: ThreadPoolExecutor = threads,
                ) -> None:
                    jobs = [
                        threads.submit(executor.execute, "1 + 1", language) for _ in range(count)
                    ]
                    assert all(job.result().output == 2 for job in jobs)

                points.append((count, seconds(run, 5)))
    return found


def in_a_row(executor: CodeExecutor, count: int) -> Series:
    """Trivial runs one after the other: the median of each hundredth of them, by its place."""
    found: Series = {"Python": []}
    part = max(count // 100, 1)
    taken = []
    for number in range(1, count + 1):
        began = time.perf_counter()
        assert executor.execute_python("1 + 1").output == 2
        taken.append(time.perf_counter() - began)
        if number % part == 0:
            found["Python"].append((number, statistics.median(taken)))
            taken = []
    return found


def draw(parts: dict[str, tuple[str, Series, str]]) -> None:
    """One picture of all."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "growth"  # the same picture from the same figures
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(2, 2, figsize=(10, 7), layout="constrained")
    for axis, (title, (label, series, scale)) in zip(axes.flat, parts.items(), strict=True):
        for name, points in series.items():
            axis.plot(
                *zip(*points, strict=True), marker="." if len(points) < 20 else "", label=name
            )
        axis.set(title=title, xlabel=label, ylabel="seconds", xscale=scale, yscale=scale)
        axis.set_ylim(bottom=0) if scale == "linear" else None
        axis.grid(alpha=0.3)
        axis.legend()
    figure.savefig(PICTURE, metadata={"Date": None})


def main(arguments: list[str]) -> None:
    """Measure, tell, draw."""
    share = 100 if "--quick" in arguments else 1
    with CodeExecutor() as executor:
        parts = {
            "A column added to a frame": ("rows", rows(executor, 10**7 // share), "log"),
            "A map": ("items", items(10**6 // share), "log"),
            "Cells at once": ("cells", at_once(executor), "linear"),
            "Cells in a row": ("cells", in_a_row(executor, 10**4 // share), "linear"),
        }
    for title, (label, series, _) in parts.items():
        for name, points in series.items():
            shown = points if len(points) < 20 else [points[0], *points[9::30], points[-1]]
            figures = ", ".join(f"{size:,}: {took * 1000:,.1f} ms" for size, took in shown)
            print(f"{title}, {name}, by {label}: {figures}")
    if share == 1:
        draw(parts)


if __name__ == "__main__":
    main(sys.argv[1:])
