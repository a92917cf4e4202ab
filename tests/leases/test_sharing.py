"""The one supervisor of a process, and those who share it."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from typing import Any

import pytest

from codeexec_magics import CodeExecutor
from codeexec_magics.engine.observer import Observer
from codeexec_magics.leases import sharing
from codeexec_magics.leases.client import SupervisorClient
from codeexec_magics.values.options import ExecutionOptions, Program
from codeexec_magics.values.results import ExecutionResult


def test_a_collection_while_a_share_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """An executor in a cycle that nobody holds ends whenever Python collects: here, in between."""

    class Node:
        pass

    monkeypatch.setattr(sharing.Share, "_shared", {})
    node: Any = Node()
    node.me, node.executor = node, CodeExecutor()
    node.executor.client  # noqa: B018 - it takes a share
    sharing.Share._shared.clear()
    del node

    class Collecting(SupervisorClient):
        def __init__(self, *arguments: Any) -> None:
            gc.collect()
            super().__init__(*arguments)

    monkeypatch.setattr(sharing, "SupervisorClient", Collecting)
    done = threading.Event()
    another = CodeExecutor()

    def take() -> None:
        another.client  # noqa: B018
        done.set()

    threading.Thread(target=take, daemon=True).start()

    assert done.wait(10)
    another.close()


def together(*calls: Callable[[], ExecutionResult]) -> list[ExecutionResult]:
    """The results of calls that are made at the same time."""
    results: dict[int, ExecutionResult] = {}

    def call(number: int) -> None:
        results[number] = calls[number]()

    threads = [threading.Thread(target=call, args=(number,)) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [results[number] for number in range(len(calls))]


def test_impatience_does_not_end_what_others_run(executor: CodeExecutor) -> None:
    supervisor = executor.client.pid
    started = threading.Event()
    observer = Observer(output=lambda *_: started.set())
    program = Program("import time\nprint('here')\ntime.sleep(1)\n5")

    def impatient() -> ExecutionResult:
        started.wait()
        return executor.execute_python("1", startup_timeout=1e-6)

    long, short = together(
        lambda: executor.run(program, ExecutionOptions(standbys=0), observer=observer), impatient
    )

    assert long.output == 5, long.error
    assert "SupervisorLost" in (short.error or "")
    assert executor.client.pid == supervisor


def test_runs_at_once_do_not_take_each_others_folder(executor: CodeExecutor) -> None:
    for _ in range(10):
        results = together(*[lambda: executor.execute_python("1")] * 4)
        assert [result.error for result in results] == [None] * 4
