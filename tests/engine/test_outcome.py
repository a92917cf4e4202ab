"""How the facts of a run are judged: the first cause that holds wins."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from codeexec_magics.engine.outcome import Facts, compose
from codeexec_magics.errors import (
    DecodingFailed,
    IsolationUnavailable,
    LanguageUnavailable,
    ProtocolError,
    SourceUnavailable,
    SupervisorLost,
)
from codeexec_magics.languages import Language
from codeexec_magics.leases.lease import Exit
from codeexec_magics.protocol.numbers import LOST_DESCRIPTOR, UNUSABLE, WRONG_RUNTIME
from codeexec_magics.values.results import Outcome
from codeexec_magics.values.traces import Trace

LIMITS = {"memory": 64 << 20, "cpu_time": 2, "processes": 5}
FACTS = Facts("python", 3.0, limits=LIMITS, started=True, containment="subreaper")
STOPPED = Trace(type="KeyboardInterrupt", message="", text="stopped")
CRASH = Trace(type="SIGSEGV", message="", text="crash")
THROWN = {"type": "error", "trace": {"type": "ValueError", "message": "no", "frames": []}}
DONE = {"value": 42, "has_value": True}


def ended(cause: str = "exit", status: int | None = 0, **figures: Any) -> Exit:
    return Exit(cause, status, **figures)


@pytest.mark.parametrize(
    ("facts", "outcome", "error", "code"),
    [
        ({**DONE, "exit": ended()}, Outcome.SUCCEEDED, None, 0),
        # The runner is killed once it has said its last word.
        ({**DONE, "exit": ended("released", -9)}, Outcome.SUCCEEDED, None, 0),
        # A value that was complete before the time was over counts; one after the stop does not.
        ({**DONE, "exit": ended("deadline", -9)}, Outcome.SUCCEEDED, None, 0),
        (
            {**DONE, "exit": ended("deadline", -9), "stopped": STOPPED},
            Outcome.TIMED_OUT,
            "ExecutionTimedOut: the limit of 3 s was reached",
            -9,
        ),
        (
            {"exit": ended("cpu_time", -9)},
            Outcome.TIMED_OUT,
            "ExecutionTimedOut: the limit of 2 s of processor time was reached",
            -9,
        ),
        ({**DONE, "exit": ended(), "interrupted": True}, Outcome.INTERRUPTED, "Keyboard", 0),
        ({"exit": ended("deadline", -2), "interrupted": True}, Outcome.INTERRUPTED, "Keyb", -2),
        ({"exit": ended("memory", -9)}, Outcome.MEMORY, "the limit of 64 MiB was reached", -9),
        ({"exit": ended("processes", -9)}, Outcome.CRASHED, "the limit of 5 processes", -9),
        ({"exit": ended(status=1), "last": THROWN}, Outcome.FAILED, "ValueError: no", 1),
        ({"exit": ended(), "last": {"type": "error"}}, Outcome.CRASHED, "without a trace", 0),
        ({"exit": ended(status=3)}, Outcome.CRASHED, "it exited with code 3", 3),
        ({"exit": ended(status=0)}, Outcome.CRASHED, "it exited with code 0", 0),
        ({"exit": ended(status=None)}, Outcome.CRASHED, "it ended without a value", None),
        ({"exit": ended(status=-11), "crash": CRASH}, Outcome.CRASHED, "killed by SIGSEGV", -11),
        ({"exit": ended(status=-9, out_of_memory=True)}, Outcome.MEMORY, "the system had no", -9),
        ({"exit": ended(status=-6, out_of_memory=True)}, Outcome.CRASHED, "SIGABRT", -6),
        ({"exit": ended("supervisor_lost", None)}, Outcome.CRASHED, "SupervisorLost: the", None),
        ({"exit": ended("reaper_lost", None)}, Outcome.CRASHED, "SupervisorLost: the", None),
        ({"exit": ended(status=LOST_DESCRIPTOR), "stderr": "fd 3\n"}, Outcome.CRASHED, "fd 3", 121),
        # Codes of a runner that refuses its runtime mean nothing once the program has begun.
        ({"exit": ended(status=WRONG_RUNTIME), "stderr": "x"}, Outcome.CRASHED, "code 120", 120),
    ],
)
def test_an_end(facts: dict[str, Any], outcome: Outcome, error: str | None, code: int) -> None:
    result = compose(replace(FACTS, **facts))

    assert (result.outcome, result.exit_code) == (outcome, code)
    assert result.error is None if error is None else error in (result.error or "")
    assert result.output == (42 if outcome is Outcome.SUCCEEDED else None)


@pytest.mark.parametrize("status", [WRONG_RUNTIME, UNUSABLE])
def test_a_runtime_that_will_not_do_is_unavailable(status: int) -> None:
    facts = replace(FACTS, exit=ended(status=status), stderr="warn\nPython 3.7\n", started=False)

    result = compose(facts)

    assert (result.outcome, result.error) == (Outcome.FAILED, "LanguageUnavailable: Python 3.7")


def test_a_runner_that_does_not_start_says_why() -> None:
    facts = replace(FACTS, exit=ended(status=1), stderr="no such module\n", started=False)

    assert compose(facts).error == "WorkerCrashed: the worker could not start: no such module"


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (LanguageUnavailable("no node"), Outcome.FAILED),
        (IsolationUnavailable("no"), Outcome.FAILED),
        (SourceUnavailable("no"), Outcome.FAILED),
        (DecodingFailed("no", path="result"), Outcome.FAILED),
        (ProtocolError("no"), Outcome.CRASHED),
        (SupervisorLost("no"), Outcome.CRASHED),
        (MemoryError(), Outcome.CRASHED),
        (OSError(24, "Too many open files"), Outcome.CRASHED),
    ],
)
def test_an_error_of_ours(error: Exception, outcome: Outcome) -> None:
    result = compose(Facts("python", 3.0, refusal=error))

    assert (result.outcome, result.exit_code) == (outcome, None)
    assert (result.error or "").startswith(type(error).__name__)
    assert result.trace is not None


def test_limits_come_before_an_error_of_ours() -> None:
    facts = replace(FACTS, exit=ended("deadline", -9), refusal=ProtocolError("cut off"))

    assert compose(facts).outcome is Outcome.TIMED_OUT


def test_the_place_is_where_the_code_was_stopped() -> None:
    stopped = replace(FACTS, exit=ended("deadline", -9), stopped=STOPPED)
    thrown = replace(FACTS, exit=ended("deadline", 1), last=THROWN)
    unknown = replace(FACTS, exit=ended("deadline", -9))

    assert compose(stopped).trace == STOPPED
    assert (compose(thrown).trace or STOPPED).type == "ValueError"
    assert compose(unknown).trace is None


def test_processes_that_are_left_are_no_success() -> None:
    result = compose(replace(FACTS, exit=ended(left=1), left=2, value=1, has_value=True))

    assert (result.outcome, result.output) == (Outcome.CRASHED, None)
    assert result.error == "ProcessesLeft: 3 processes could not be ended"
    assert result.receipt.left == 3


def test_what_a_runtime_prints_when_its_memory_is_full_is_the_language_s() -> None:
    node = Language(name="made-up", command=lambda *_: [], out_of_memory="heap is full")
    facts = replace(FACTS, exit=ended(status=-6), stderr="<heap is full>")

    assert compose(replace(facts, known=node)).outcome is Outcome.MEMORY
    assert compose(facts).outcome is Outcome.CRASHED


def test_figures_are_the_reaper_s() -> None:
    figures = {"cpu_time": 1.5, "peak_memory": 7, "reaped": 3, "forced": 2}

    result = compose(replace(FACTS, **DONE, exit=ended(**figures), seconds=0.5))

    assert (result.cpu_time, result.peak_memory, result.execution_time) == (1.5, 7, 0.5)
    receipt = result.receipt
    assert (receipt.reaped, receipt.forced, receipt.left) == (3, 2, 0)
    assert receipt.containment == "subreaper"
