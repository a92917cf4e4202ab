"""What a pipeline costs beside the same work by hand: interleaved, ratios of medians.

``python benchmarks/pipelines.py [ROUNDS]``. Beside stand a process for each step by
``subprocess.run``, transforms called one after the other, and files between processes.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from codeexec_magics import CodeExecutor, Pipeline, PipelineRunner
from codeexec_magics.languages import find

STEPS = 10
ROWS = 100_000


def chain(language: str, first: str, other: str) -> Pipeline:
    steps = [
        {
            "id": f"s{n}",
            "language": language,
            "code": other.replace("LAST", f"s{n - 1}") if n else first,
            "inputs": [f"s{n - 1}"] if n else [],
        }
        for n in range(STEPS)
    ]
    return Pipeline.parse(json.dumps({"steps": steps}))


def by_hand(command: list[str], program: str) -> Callable[[], None]:
    """A process for each step, values as JSON through pipes."""

    def run() -> None:
        value = "0"
        for _ in range(STEPS):
            done = subprocess.run(
                [*command, program], input=value, capture_output=True, text=True, check=True
            )
            value = done.stdout

    return run


def through_files(node: str, frame: pd.DataFrame, folder: Path) -> Callable[[], None]:
    """Parquet and JSON files between processes: Python, JavaScript, Python."""
    first = (
        f"import pandas as pd; d = pd.read_parquet({str(folder / 'a.parquet')!r}); "
        f"d['f'] = d['a'] + 1; d.to_json({str(folder / 'b.json')!r}, orient='records')"
    )
    second = (
        f"const fs = require('fs'); const d = JSON.parse(fs.readFileSync('{folder}/b.json'));"
        f"for (const r of d) r.g = r.f * 2; fs.writeFileSync('{folder}/c.json', JSON.stringify(d))"
    )
    third = f"import pandas as pd; print(pd.read_json({str(folder / 'c.json')!r})['g'].sum())"

    def run() -> None:
        frame.to_parquet(folder / "a.parquet")
        for command in ([sys.executable, "-c", first], [node, "-e", second],
                        [sys.executable, "-c", third]):  # fmt: skip
            subprocess.run(command, check=True, capture_output=True)

    return run


FRAMES = """
inputs: [d]
steps:
  - {id: b, code: "d.assign(f=d['a'] + 1)", inputs: [d]}
  - id: c
    language: javascript
    converter: pandas
    code: "b.map((row) => ({ ...row, g: row.f * 2 }))"
    inputs: [b]
  - {id: s, code: "float(c['g'].sum())", inputs: [c]}
"""


def timed(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def compare(name: str, ours: Callable[[], Any], beside: Callable[[], Any], rounds: int) -> None:
    ours(), beside()
    pairs = [(timed(ours), timed(beside)) for _ in range(rounds)]
    mine, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"{name:44} {mine * 1e3:8.1f} ms {theirs * 1e3:8.1f} ms   ratio {mine / theirs:.2f}")


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    node = find("javascript").argv(None, {})[0]
    python = chain("python", "0", "LAST + 1")
    javascript = chain("javascript", "0", "LAST + 1")
    frame = pd.DataFrame({name: range(ROWS) for name in "abcde"}).assign(
        name=[f"n{n % 97}" for n in range(ROWS)]
    )
    frames = Pipeline.parse(FRAMES)
    large = json.dumps(
        {"steps": [{"id": f"s{n}", "code": f"s{n - 1}" if n else "0"} for n in range(500)]}
    )
    with CodeExecutor() as executor, tempfile.TemporaryDirectory() as folder:
        runner = PipelineRunner(executor)

        def alone() -> None:
            for _ in range(STEPS):
                executor.execute_python("0")

        print(f"{'':44} {'ours':>11} {'beside':>11}")
        compare("10 Python steps, subprocess.run", lambda: runner.run(python),
                by_hand([sys.executable, "-c"], "print(int(input()) + 1)"), rounds)  # fmt: skip
        in_node = by_hand([node, "-e"], "console.log(+require('fs').readFileSync(0) + 1)")
        compare(
            "10 JavaScript steps, subprocess.run", lambda: runner.run(javascript), in_node, rounds
        )
        compare("10 Python steps, 10 executions by hand", lambda: runner.run(python), alone, rounds)
        compare(
            "a frame 10^5 x 6 py, js, py; through files",
            lambda: runner.run(frames, {"d": frame}),
            through_files(node, frame, Path(folder)),
            max(rounds // 3, 1),
        )
        parsed = statistics.median(timed(lambda: Pipeline.parse(large)) for _ in range(rounds))
        print(f"{'500 steps read':44} {parsed * 1e3:8.1f} ms")


if __name__ == "__main__":
    main()
