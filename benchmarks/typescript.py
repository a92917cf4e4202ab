"""TypeScript: a checked cell beside one of JavaScript, a check beside the compiler by itself."""

from __future__ import annotations

import itertools
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from rows import Row, medians

from codeexec_magics import CodeExecutor
from codeexec_magics.engine import checking
from codeexec_magics.engine.checking import guard, store
from codeexec_magics.engine.checking.checker import Checker, Question
from codeexec_magics.languages import javascript
from codeexec_magics.values.options import Program

ROUNDS = 15
PAUSE = 0.3
"""Seconds between two cells: a person takes longer, and a standby is ready by then."""
FRAME = pd.DataFrame({"item": ["a", "b"], "price": [1.5, 2.5]})
CELL = "df.map((r) => r."


def rows() -> Iterator[Row]:
    """All of them."""
    with CodeExecutor() as executor, tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "cell.ts")
        file.write_text("const n: number = 3; n + 1\n")
        compiler = store.find("/")
        if compiler is None:
            executor.execute("1", "ts")
            compiler = store.find("/")
        node = javascript.LANGUAGE.argv(None, os.environ)[0]
        assert compiler is not None
        checker = Checker(executor.client, compiler)
        numbers = itertools.count()
        options = ("--noEmit", "--strict", "--ignoreConfig", "--lib", "esnext", "--types", "")
        took = medians(
            {
                "ts": lambda: executor.execute("const n: number = 3; n + 1", "ts") and None,
                "js": lambda: executor.execute("const n = 3; n + 1", "js") and None,
                "node": lambda: _run([node, str(file)]),
                "check": lambda: _check(checker, next(numbers)),
                "tsc": lambda: _run([str(compiler), *options, str(file)]),
                "completion": lambda: _completion(executor),
            },
            ROUNDS,
            warm=3,
            pause=PAUSE,
        )
        checker.close()
    yield Row("TypeScript, checked", took["ts"], "the same in JavaScript", took["js"], 1.5)
    yield Row("the same", took["ts"], "`node` with the file", took["node"], 0.35)
    yield Row("check of a changed cell", took["check"], "`tsc --noEmit` of it", took["tsc"], 0.2)
    yield Row("completion after `r.`", took["completion"], "what a person waits for", 20.0, 1)


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True)


def _check(checker: Checker, number: int) -> None:
    text = f"const n: number = {number}; n + 1"
    inputs = "interface Inputs {}\ndeclare var inputs: Inputs;\n"
    question = Question(text, inputs, "/tmp")
    assert checker.errors(question, guard.wait, time.monotonic() + 5) == []


def _completion(executor: CodeExecutor) -> None:
    until = time.monotonic() + 5
    program = Program(f"{CELL})", "typescript")
    found = checking.complete(
        executor.client, program, {"df": FRAME}, len(CELL), until, may_start=False
    )
    assert [name for name, _ in found] == ["item", "price"]
