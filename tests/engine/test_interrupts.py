"""Interrupts at odd times: while inputs are packed, and when all is over."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from codeexec_magics import CodeExecutor
from codeexec_magics.engine.observer import Observer, Running
from codeexec_magics.values.options import ExecutionOptions, Program
from codeexec_magics.values.results import Outcome


def test_an_interrupt_reaches_inputs_that_take_for_ever(
    executor: CodeExecutor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "endless_input.py").write_text("""
import os, signal

class Endless:
    def __reduce__(self):
        os.kill(os.getpid(), signal.SIGINT)
        while True:
            pass
""")
    monkeypatch.syspath_prepend(str(tmp_path))
    from endless_input import Endless  # type: ignore[import-not-found]

    result = executor.execute_python("1", {"a": Endless()})

    assert result.outcome is Outcome.INTERRUPTED
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    sys.modules.pop("endless_input")


def test_an_interrupt_after_the_end_hits_no_descriptor(executor: CodeExecutor) -> None:
    runs: list[Running] = []
    observer = Observer(started=runs.append)
    executor.run(Program("1"), ExecutionOptions(standbys=0), observer=observer)
    pipes = [os.pipe() for _ in range(8)]  # they take the numbers that the run has given back

    runs[0].interrupt()

    try:
        for reader, _ in pipes:
            os.set_blocking(reader, False)
            with pytest.raises(BlockingIOError):
                os.read(reader, 1)
    finally:
        for pipe in pipes:
            for fd in pipe:
                os.close(fd)


def test_an_interrupted_program_does_not_wait_for_children_that_are_not(
    executor: CodeExecutor,
) -> None:
    program = """
import subprocess

child = subprocess.Popen(["sleep", "60"])
wait, waited = child._wait, []

def noted(timeout):
    waited.append(timeout)
    return wait(timeout)

child._wait = noted
print("begun")
try:
    child.wait()
except KeyboardInterrupt:
    print(waited)
    raise
"""
    running: list[Running] = []

    def hear(stream: str, text: str) -> None:
        if "begun" in text:
            running[0].interrupt()

    observer = Observer(output=hear, started=running.append)
    result = executor.run(Program(program), ExecutionOptions(standbys=0), observer=observer)

    assert (result.outcome, result.stdout) == (Outcome.INTERRUPTED, "begun\n[None, 0]\n")
