"""What a program may use of the machine; the whole of its process tree counts."""

from __future__ import annotations

import os

import pytest

from codeexec_magics import CodeExecutor, Outcome
from codeexec_magics.errors import InvalidOptions
from codeexec_magics.values.options import parse_size

MEBIBYTE = 1 << 20

GREEDY = {
    "python": "held = []\nwhile True: held.append(bytearray(8_000_000))",
    "javascript": "const held = []; while (true) held.push(Buffer.alloc(8_000_000, 1))",
}
GREEDY_CHILD = """
import subprocess, sys
program = "held = []\\nwhile True: held.append(bytearray(8_000_000))"
subprocess.run([sys.executable, "-c", program])
"""
BUSY = {"python": "while True: pass", "javascript": "while (true) {}"}
BUSY_CHILD = """
import subprocess, sys
subprocess.run([sys.executable, "-c", "while True: pass"])
"""


@pytest.mark.parametrize("language", GREEDY)
def test_memory(executor: CodeExecutor, language: str) -> None:
    limit = 256 * MEBIBYTE

    result = executor.execute(GREEDY[language], language, memory=limit)

    assert (result.outcome, result.error) == (
        Outcome.MEMORY,
        "OutOfMemory: the limit of 256 MiB was reached",
    )
    assert result.peak_memory is not None
    assert result.peak_memory >= limit
    with pytest.raises(MemoryError):
        result.raise_for_outcome()


def test_memory_of_a_child(executor: CodeExecutor) -> None:
    result = executor.execute_python(GREEDY_CHILD, memory=200 * MEBIBYTE)

    assert result.outcome is Outcome.MEMORY
    assert result.receipt.reaped == 2


def test_memory_that_is_not_exceeded(executor: CodeExecutor) -> None:
    result = executor.execute_python("len(bytearray(8_000_000))", memory=300 * MEBIBYTE)

    assert result.output == 8_000_000


@pytest.mark.parametrize("language", BUSY)
def test_processor_time(executor: CodeExecutor, language: str) -> None:
    result = executor.execute(BUSY[language], language, cpu_time=0.8, grace=10)

    assert result.outcome is Outcome.TIMED_OUT
    assert result.error == "ExecutionTimedOut: the limit of 0.8 s of processor time was reached"
    assert result.trace is not None
    assert result.trace.place is not None
    assert result.trace.place.line == 1


def test_processor_time_of_a_child(executor: CodeExecutor) -> None:
    result = executor.execute_python(BUSY_CHILD, cpu_time=0.5, grace=0.05)

    assert result.outcome is Outcome.TIMED_OUT
    assert result.cpu_time is not None
    assert result.cpu_time >= 0.4


def test_number_of_processes(executor: CodeExecutor) -> None:
    program = """
import os, time
for _ in range(20):
    if os.fork() == 0:
        time.sleep(60)
        os._exit(0)
time.sleep(60)
"""
    result = executor.execute_python(program, processes=10)

    assert result.outcome is Outcome.CRASHED
    assert result.error == "WorkerCrashed: the limit of 10 processes was reached"
    assert result.receipt.left == 0


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="it takes two cores to take one away")
def test_cores(executor: CodeExecutor) -> None:
    program = "import os\nlen(os.sched_getaffinity(0))"

    assert executor.execute_python(program, cpus=1).output == 1
    assert executor.execute_python(program).output == len(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    "wrong",
    [{"memory": 0}, {"memory": 1.5}, {"cpu_time": -1}, {"processes": 0}, {"cpus": True}],
    ids=str,
)
def test_a_limit_that_cannot_be_meant(executor: CodeExecutor, wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidOptions, match=next(iter(wrong))):
        executor.execute_python("1", **wrong)


@pytest.mark.parametrize(
    ("text", "size"),
    [("512M", 512 << 20), ("1.5G", 3 << 29), ("2 GiB", 2 << 30), ("100kb", 102_400), ("7", 7)],
)
def test_a_size_as_it_is_typed(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "0", "-1M", "12X", "M", "1e3", "nan"])
def test_a_size_that_is_none(text: str) -> None:
    with pytest.raises(InvalidOptions, match="512M"):
        parse_size(text)
