"""Maps in the background: how far they are, and what they work on."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest
from census import wait_until

from codeexec_magics import CodeExecutor, ExecutionOptions, Job, MapPlan, Outcome, Program
from codeexec_magics.errors import InvalidOptions

OPTIONS = ExecutionOptions(standbys=0, grace=0.1)
WAITS_FOR_FILE = """
import os, time

def transform(item, path, factor):
    while not os.path.exists(path):
        time.sleep(0.01)
    return item * factor[0] if isinstance(item, int) else item["a"] * factor[0]
"""


def mapped(executor: CodeExecutor, source: str, items: Any, **inputs: Any) -> Job:
    return executor.start_map(
        Program(source), OPTIONS, items, inputs, plan=MapPlan(workers=2, batch=1)
    )


def test_a_job_tells_how_far_its_map_is(executor: CodeExecutor, tmp_path: Any) -> None:
    source = """
import os, time

def transform(item, path):
    while item >= 3 and not os.path.exists(path):
        time.sleep(0.01)
    return item
"""
    job = mapped(executor, source, range(6), path=str(tmp_path / "go"))

    assert wait_until(lambda: job.progress is not None and job.progress.done == 3, 20)
    assert (job.progress or ())[1:] == (6, "items")
    assert job.state == "running"
    (tmp_path / "go").touch()

    assert job.result(20).output == list(range(6))
    assert job.progress == (6, 6, "items")


@pytest.mark.parametrize("kind", ["list", "frame"])
def test_what_the_notebook_changes_meanwhile_is_not_the_maps(
    executor: CodeExecutor, tmp_path: Any, kind: str
) -> None:
    path, factor = tmp_path / "go", [2]
    items: Any = [1, 2, 3] if kind == "list" else pd.DataFrame({"a": [1, 2, 3]})

    job = mapped(executor, WAITS_FOR_FILE, items, path=str(path), factor=factor)
    factor[0] = 100
    if kind == "list":
        items.clear()
    else:
        items["a"] = 0
    path.touch()

    assert job.result(20).output == [2, 4, 6]


def test_an_iterator_is_drawn_from_in_the_jobs_thread(executor: CodeExecutor) -> None:
    threads = set()

    def items() -> Iterator[int]:
        for number in range(20):
            threads.add(threading.current_thread())
            yield number

    job = mapped(executor, "lambda x: x", items())

    assert job.result(20).output == list(range(20))
    assert job.progress == (20, None, "items")
    assert threading.current_thread() not in threads


def test_what_the_iterator_throws_is_the_jobs_error(executor: CodeExecutor) -> None:
    job = mapped(executor, "lambda x: x", (1 // (2 - number) for number in range(5)))

    assert isinstance(job.exception(20), ZeroDivisionError)


def test_a_job_that_maps_is_cancelled(executor: CodeExecutor) -> None:
    job = mapped(executor, "import time\nlambda x: time.sleep(600)", [1, 2, 3])
    assert wait_until(lambda: job.state == "running", 20)

    assert job.cancel()

    assert job.result(20).outcome is Outcome.INTERRUPTED
    assert job.cancelled()


def test_what_cannot_be_mapped_is_told_to_the_caller(executor: CodeExecutor) -> None:
    with pytest.raises(InvalidOptions, match="must be iterable, not int"):
        mapped(executor, "lambda x: x", 5)
    with pytest.raises(InvalidOptions, match="the name of an input"):
        executor.start_map(Program("1"), OPTIONS, [1], {1: 2})  # type: ignore[dict-item]


def test_inputs_that_cannot_travel_fail_the_job(executor: CodeExecutor) -> None:
    job = mapped(executor, "lambda x: x", [1], f=lambda: 1)

    result = job.result(20)
    assert result.outcome is Outcome.FAILED
    assert "inputs.f" in (result.error or "")
