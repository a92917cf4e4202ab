"""However a pipeline is stopped, nothing of its steps is left, and the states tell."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from census import dwellers, wait_until
from programs import HOSTILE, steps

from codeexec_magics import CodeExecutor, Outcome, Pipeline, PipelineRunner
from codeexec_magics.pipelines import State

STUBBORN = [
    {"id": name, "language": name, "code": code, "grace": 0.2, "standbys": 0}
    for name, code in HOSTILE.items()
]


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    monkeypatch.chdir(tmp_path)
    return Pipeline.parse(steps(*STUBBORN, {"id": "never", "code": "python"}))


def ready(folder: Path) -> bool:
    return all((folder / f"ready-{name}").exists() for name in HOSTILE)


def when_ready(folder: Path, *signals: signal.Signals) -> threading.Thread:
    """Send this process signals as soon as the hostile steps are under way."""

    def work() -> None:
        assert wait_until(lambda: ready(folder), 60)
        for number in signals:
            os.kill(os.getpid(), number)

    thread = threading.Thread(target=work)
    thread.start()
    return thread


@pytest.mark.parametrize("times", [1, 2])
def test_an_interrupt_ends_all_steps_and_is_raised_after_the_last(
    executor: CodeExecutor, hostile: Pipeline, tmp_path: Path, times: int
) -> None:
    thread = when_ready(tmp_path, *[signal.SIGINT] * times)
    with pytest.raises(KeyboardInterrupt) as caught:
        PipelineRunner(executor).run(hostile)
    left = dwellers(tmp_path)
    thread.join()
    result = caught.value.result  # type: ignore[attr-defined]

    assert left == {os.getpid()}
    assert result.outcome is Outcome.INTERRUPTED
    assert {name: step.state for name, step in result.steps.items()} == {
        "python": State.INTERRUPTED,
        "javascript": State.INTERRUPTED,
        "never": State.WAITING,
    }
    assert result.receipt.left == 0


def test_a_sibling_that_fails_ends_hostile_steps(
    executor: CodeExecutor, hostile: Pipeline, tmp_path: Path
) -> None:
    waiting = (
        "import os, time\n"
        "while len([n for n in os.listdir() if n.startswith('ready')]) < 2:\n"
        "    time.sleep(0.01)\n"
        "1 / 0"
    )
    failing = {"id": "bad", "code": waiting, "standbys": 0}
    result = PipelineRunner(executor).run(Pipeline.parse(steps(*STUBBORN, failing), "p.json"))

    assert dwellers(tmp_path) == {os.getpid()}
    assert str(result.error).startswith("step bad (p.json")
    assert str(result.error).endswith("ZeroDivisionError: division by zero")
    assert [step.state for step in result.steps.values()] == [
        State.INTERRUPTED,
        State.INTERRUPTED,
        State.FAILED,
    ]


LOST = """
import os, signal, sys, threading, time
sys.path.insert(0, sys.argv[1])
from programs import GOOD, ROWS
from codeexec_magics import CodeExecutor, Pipeline, PipelineRunner

def kill():
    while not all(os.path.exists(f"ready-{name}") for name in ("python", "javascript")):
        time.sleep(0.01)
    os.kill(own.client.pid, signal.SIGKILL)

with CodeExecutor(standbys=0) as own:
    own.client.welcome()
    threading.Thread(target=kill).start()
    result = PipelineRunner(own).run(Pipeline.load("hostile.json"))
    assert result.outcome.value == "failed", result
    assert "SupervisorLost" in result.error, result.error
    assert result.receipt.left == 0
    assert PipelineRunner(own).run(Pipeline.parse(GOOD), {"rows": ROWS}).outputs["total"] == 6.0
"""


def test_a_pipeline_outlives_its_supervisor(hostile: Pipeline, tmp_path: Path) -> None:
    (tmp_path / "hostile.json").write_text(steps(*STUBBORN))
    command = [sys.executable, "-c", LOST, str(Path(__file__).parent)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert wait_until(lambda: dwellers(tmp_path) <= {os.getpid()})
