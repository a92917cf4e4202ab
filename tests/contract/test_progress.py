"""What a program tells of its progress: numbers only, from any of its threads."""

from __future__ import annotations

from typing import Any

import pytest

from codeexec_magics import CodeExecutor
from codeexec_magics.engine.observer import Observer
from codeexec_magics.values.options import ExecutionOptions, Program


@pytest.mark.parametrize("number", ["10 ** 400", "-10 ** 400"])
def test_progress_without_end_is_not_passed_on(executor: CodeExecutor, number: str) -> None:
    heard: list[Any] = []
    observer = Observer(progress=lambda *values: heard.append(values))
    program = Program(f"progress({number})\nprogress(3, {number})\nprogress(4)\n5")

    result = executor.run(program, ExecutionOptions(standbys=0), observer=observer)

    assert result.output == 5, result.error
    assert heard == [(3, None, ""), (4, None, "")]


def test_threads_of_a_program_may_speak_to_the_end(executor: CodeExecutor) -> None:
    program = """
import threading

def work():
    while True:
        progress(1, 2)

for _ in range(4):
    threading.Thread(target=work, daemon=True).start()
7
"""
    results = [executor.execute_python(program) for _ in range(10)]

    assert [(result.output, result.error) for result in results] == [(7, None)] * 10
