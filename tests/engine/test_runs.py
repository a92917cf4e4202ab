"""Runs that their callers know by a key."""

from __future__ import annotations

import threading

import pytest
from census import wait_until

from codeexec_magics import CodeExecutor, ExecutionOptions, Outcome, Program, runs
from codeexec_magics.engine.runs import Run, RunFigures, enter
from codeexec_magics.errors import InvalidOptions

WAITS = "import time\nprint('here', flush=True)\ntime.sleep(600)"
IGNORES = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n" + WAITS


def test_another_thread_ends_a_run_by_its_key(executor: CodeExecutor) -> None:
    key = ("nightly", 7)
    told: list[int] = []

    def end() -> None:
        assert wait_until(lambda: any(run.key == key for run in runs.runs()))
        told.append(runs.interrupt(key))

    thread = threading.Thread(target=end)
    thread.start()
    result = executor.execute(WAITS, key=key, grace=0.1)
    thread.join()

    assert (result.outcome, result.receipt.left, told) == (Outcome.INTERRUPTED, 0, [1])
    assert runs.interrupt(key) == 0


def test_the_second_time_a_run_is_killed(executor: CodeExecutor) -> None:
    job = executor.submit(IGNORES, key="stubborn", timeout=float("inf"), grace=60)
    assert wait_until(lambda: "here" in job.stdout, 20)

    assert runs.interrupt("stubborn") == 1
    assert runs.interrupt("stubborn") == 1

    assert job.result(20).outcome is Outcome.INTERRUPTED


def test_a_key_ends_all_that_bear_it_and_nothing_else(executor: CodeExecutor) -> None:
    mine = [executor.submit(WAITS, key="mine", grace=0.1) for _ in range(2)]
    mapped = executor.start_map(
        Program("import time\ndef transform(x): time.sleep(600)"),
        ExecutionOptions(standbys=0, grace=0.1),
        [1, 2],
        key="mine",
    )
    other = executor.submit("import time\ntime.sleep(1)\n5", key=None)

    assert runs.interrupt("mine") == 3

    assert {job.result(20).outcome for job in (*mine, mapped)} == {Outcome.INTERRUPTED}
    assert [job.key for job in (*mine, mapped, other)] == ["mine", "mine", "mine", None]
    assert runs.interrupt(None) == 0
    assert other.result(20).output == 5


class Begun:
    """What is under way, as far as an interrupt goes."""

    under_way = True
    interrupts = 0

    def figures(self) -> RunFigures:
        return RunFigures()

    def printed(self, stream: str) -> str:
        return stream

    def interrupt(self) -> None:
        self.interrupts += 1


def test_a_run_that_has_not_begun_is_interrupted_when_it_does() -> None:
    run, begun = Run("python", "late", key="late"), Begun()
    enter(run)
    assert [runs.interrupt("late"), runs.interrupt("late")] == [1, 1]

    run.begin(begun)

    assert begun.interrupts == 2
    run.end()
    assert runs.interrupt("late") == 0


def test_a_key_must_be_hashable(executor: CodeExecutor) -> None:
    with pytest.raises(InvalidOptions, match="key must be hashable"):
        executor.execute("1", key=[])  # type: ignore[arg-type]
