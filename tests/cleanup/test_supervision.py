"""Whatever happens to the processes that supervise, nothing of the run outlives it."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from census import dwellers, wait_until
from owner import TREES

from codeexec_magics import CodeExecutor, ExecutionResult
from codeexec_magics.engine import worker
from codeexec_magics.engine.observer import Observer, Running
from codeexec_magics.leases import client as client_module
from codeexec_magics.leases import lease as lease_module
from codeexec_magics.supervision.containment import strongest
from codeexec_magics.supervision.processes import children
from codeexec_magics.values.options import ExecutionOptions, Program
from codeexec_magics.values.results import Outcome

TIERS = [
    name
    for name in ("guarded-subreaper", "sealed", "pid-namespace", "filtered-subreaper", "subreaper")
    if strongest(name)[0].name == name
]
READY = {
    "python": TREES["python"].replace('open("ready", "w").close()', 'print("ready")'),
    "javascript": TREES["javascript"].replace("require('fs')", "console.log('ready');\n//"),
}


@pytest.fixture(params=TIERS)
def own(request: pytest.FixtureRequest, unshared: None) -> Iterator[CodeExecutor]:
    """An executor of this test's own, of each tier."""
    with CodeExecutor(containment=request.param, standbys=0) as executor:
        executor.client.welcome()
        yield executor


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    assert wait_until(lambda: not dwellers(tmp_path), 2)


def run(
    own: CodeExecutor,
    folder: Path,
    source: str,
    *,
    on_output: Callable[[str], Any],
    started: Callable[[Running], None] | None = None,
    **options: Any,
) -> ExecutionResult:
    """Run a Python program; ``on_output`` is called in this thread with what it prints."""
    observer = Observer(output=lambda _, text: on_output(text), started=started)
    settings = ExecutionOptions(
        **{"timeout": 60, "standbys": 0, "directory": str(folder), **options}
    )
    return own.run(Program(source), settings, {}, observer)


def works(own: CodeExecutor, folder: Path) -> bool:
    result = run(own, folder, "6 * 7", on_output=print)
    return bool(result.output == 42)


def supervisor(own: CodeExecutor) -> int:
    assert own.client.pid is not None
    return own.client.pid


def reaper(own: CodeExecutor) -> int:
    (only,) = children(supervisor(own))
    return only


def test_the_supervisor_is_killed(own: CodeExecutor, folder: Path) -> None:
    result = run(
        own,
        folder,
        READY["python"],
        on_output=lambda _: os.kill(supervisor(own), signal.SIGKILL),
    )

    assert result.outcome is Outcome.CRASHED
    assert result.error is not None
    assert result.error.startswith("SupervisorLost")
    assert result.receipt.left == 0
    assert works(own, folder)


def test_the_reaper_is_killed(own: CodeExecutor, folder: Path) -> None:
    before = supervisor(own)

    result = run(
        own,
        folder,
        READY["python"],
        on_output=lambda _: os.kill(reaper(own), signal.SIGKILL),
    )

    assert result.outcome is Outcome.CRASHED
    assert result.error is not None
    assert result.error.startswith("SupervisorLost")
    assert result.receipt.left == 0
    assert works(own, folder)
    assert supervisor(own) == before


def test_supervisor_and_reaper_are_killed_at_once(own: CodeExecutor, folder: Path) -> None:
    """Nobody of ours but the kernel's own process is left to see to it."""

    def kill(_: str) -> None:
        both = (supervisor(own), reaper(own))
        for pid in both:
            os.kill(pid, signal.SIGSTOP)
        for pid in both:
            os.kill(pid, signal.SIGKILL)

    result = run(own, folder, READY["python"], on_output=kill)

    assert result.outcome is Outcome.CRASHED
    assert result.error is not None
    assert result.error.startswith("SupervisorLost")
    assert result.receipt.left == 0
    assert works(own, folder)


def test_the_supervisor_is_stopped_during_a_run(own: CodeExecutor, folder: Path) -> None:
    """The run and its deadline do not depend on it."""
    result = run(
        own,
        folder,
        READY["python"],
        on_output=lambda _: os.kill(supervisor(own), signal.SIGSTOP),
        timeout=0.5,
        grace=0.1,
    )

    assert (result.outcome, result.receipt.left) == (Outcome.TIMED_OUT, 0)
    assert dwellers(folder) == set()
    os.kill(supervisor(own), signal.SIGCONT)
    assert works(own, folder)


def test_a_supervisor_that_does_not_answer_is_replaced(
    own: CodeExecutor, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "_FAREWELL", 0.2)
    before = supervisor(own)
    os.kill(before, signal.SIGSTOP)

    result = run(own, folder, "6 * 7", on_output=print, startup_timeout=1.0)

    assert result.output == 42, result.error
    assert supervisor(own) != before


def test_the_reaper_is_stopped(own: CodeExecutor, folder: Path) -> None:
    """Who stops a reaper attacks it: the supervisor sees it and ends the run."""
    result = run(
        own,
        folder,
        READY["python"],
        on_output=lambda _: os.kill(reaper(own), signal.SIGSTOP),
    )

    assert result.outcome is Outcome.CRASHED
    assert result.error is not None
    assert result.error.startswith("SupervisorLost")
    assert result.receipt.left == 0
    assert works(own, folder)


@pytest.mark.parametrize("interrupted", [True, False])
def test_nobody_of_the_supervision_answers(
    own: CodeExecutor, folder: Path, monkeypatch: pytest.MonkeyPatch, interrupted: bool
) -> None:
    """The reaper is dead, and the supervisor, who would see to it, is stopped."""
    monkeypatch.setattr(client_module, "_FAREWELL", 0.2)
    monkeypatch.setattr(worker, "_ANSWER_TO_INTERRUPT", 0.3)
    monkeypatch.setattr(worker, "_ANSWER", 0.3)
    executions: list[Running] = []

    def attack(_: str) -> None:
        both = (supervisor(own), reaper(own))
        os.kill(both[0], signal.SIGSTOP)
        os.kill(both[1], signal.SIGKILL)
        if interrupted:
            executions[0].interrupt()

    result = run(
        own,
        folder,
        READY["python"],
        on_output=attack,
        started=executions.append,
        timeout=60 if interrupted else 2,
    )

    assert result.outcome is (Outcome.INTERRUPTED if interrupted else Outcome.CRASHED)
    assert result.receipt.left == 0
    assert dwellers(folder) == set()
    again = run(own, folder, "6 * 7", on_output=print, startup_timeout=1.0)
    assert again.output == 42


def test_a_client_ends_what_a_dead_reaper_left_to_a_stopped_supervisor(
    own: CodeExecutor, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "_FAREWELL", 0.2)
    monkeypatch.setattr(lease_module, "_LONGEST_END", 0.2)

    def attack(_: str) -> None:
        both = (supervisor(own), reaper(own))
        os.kill(both[0], signal.SIGSTOP)
        os.kill(both[1], signal.SIGKILL)
        raise LookupError("the observer's own fault")

    with pytest.raises(LookupError):
        run(own, folder, READY["python"], on_output=attack)
    own.close()

    assert dwellers(folder) == set()


@pytest.mark.parametrize("times", [1, 2])
def test_another_thread_interrupts(own: CodeExecutor, folder: Path, times: int) -> None:
    executions: list[Running] = []

    def interrupt(_: str) -> None:
        for _ in range(times):
            thread = threading.Thread(target=executions[0].interrupt)
            thread.start()
            thread.join()

    result = run(
        own, folder, READY["python"], on_output=interrupt, started=executions.append, grace=0.2
    )

    assert (result.outcome, result.receipt.left) == (Outcome.INTERRUPTED, 0)
    assert dwellers(folder) == set()


def test_an_observer_that_throws_ends_the_run(own: CodeExecutor, folder: Path) -> None:
    def throw(_: str) -> None:
        raise LookupError("the observer's own fault")

    with pytest.raises(LookupError):
        run(own, folder, READY["python"], on_output=throw)

    assert dwellers(folder) == set()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert works(own, folder)


def test_the_client_is_closed_while_another_thread_executes(
    own: CodeExecutor, folder: Path
) -> None:
    ready = threading.Event()
    results: list[ExecutionResult] = []

    def execute() -> None:
        results.append(run(own, folder, READY["python"], on_output=lambda _: ready.set()))

    thread = threading.Thread(target=execute)
    thread.start()
    assert ready.wait(30)
    own.close()
    thread.join()

    assert results[0].outcome is Outcome.CRASHED
    assert results[0].receipt.left == 0
    assert dwellers(folder) == set()
