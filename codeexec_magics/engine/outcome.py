"""From the facts of a run to its result: one place decides what the outcome is.

Lives in the kernel. Pure: no clock, no process, no descriptor.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from codeexec_magics.errors import (
    DataError,
    IsolationUnavailable,
    LanguageUnavailable,
    NoValue,
    SourceUnavailable,
)
from codeexec_magics.languages import Language
from codeexec_magics.leases.lease import Exit
from codeexec_magics.protocol import clean
from codeexec_magics.protocol.numbers import LOST_DESCRIPTOR, UNUSABLE, WRONG_RUNTIME
from codeexec_magics.values.results import ExecutionResult, Outcome, Receipt
from codeexec_magics.values.traces import Trace

_WRONG_RUNTIMES = (WRONG_RUNTIME, UNUSABLE)
_CODES = 256
_SIGKILL = -9
_VERSION = re.compile(r"Node\.js v[\d.]+.*")
_ERROR = re.compile(r"[\w.]*(?:Error|Exception)\b")
_NOUN = re.compile("[a-z][a-z ]{0,30}")
_LONGEST_REMARK = 300
_MOST_NOUNS = 8
_LARGEST_NUMBER = 1_000_000_000
_MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check of a program came to, before anything of it ran.

    Attributes:
        trace: What is wrong; None if nothing is, or nobody knows.
        remark: Why nobody knows.
    """

    trace: Trace | None = None
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a run when it is over; a worker gives them (`Worker.facts`).

    Attributes:
        language: The language's name.
        timeout: The limit in seconds.
        limits: The other limits, by name.
        exit: How its processes ended; None if nothing ran.
        last: The runner's last message, ``result`` or ``error``.
        stopped: Where the code was when it was asked to stop.
        crash: Where the code was when a signal ended it.
        value: The decoded value, if ``has_value``.
        has_value: Whether the program's value has arrived whole.
        refusal: The error of ours that ended the run.
        interrupted: Whether the user interrupted it.
        seconds: From the program's start to its end.
        stdout: Kept text.
        stderr: Kept text.
        displays: MIME bundles.
        started: Whether the runner was ready and the program begun.
        containment: The tier that held the run.
        left: Processes that could not be ended.
        trusted: Whether what the program says may be shown as it says; not from a sandbox.
        known: The language, where it is known: how its exits and failures are read.
        interpreter: What the user named as its runtime; empty if nothing.
        notes: What is to be said of the inputs.
        verdict: What was said of it before anything of it ran.
    """

    language: str
    timeout: float
    limits: Mapping[str, float] = field(default_factory=dict)
    exit: Exit | None = None
    last: Mapping[str, Any] | None = None
    stopped: Trace | None = None
    crash: Trace | None = None
    value: Any = None
    has_value: bool = False
    refusal: Exception | None = None
    interrupted: bool = False
    seconds: float = 0.0
    stdout: str = ""
    stderr: str = ""
    displays: Sequence[dict[str, Any]] = ()
    started: bool = False
    containment: str = ""
    left: int = 0
    trusted: bool = True
    known: Language | None = None
    interpreter: str = ""
    notes: Sequence[str] = ()
    verdict: Verdict = Verdict()


def compose(facts: Facts) -> ExecutionResult:
    """The result of a run."""
    outcome, error, trace = _judge(facts)
    if trace is not None and facts.known is not None:
        trace = replace(trace, syntax=facts.known.syntax)
    ended = facts.exit or Exit("exit")
    left = facts.left + ended.left
    if left and outcome is Outcome.SUCCEEDED:
        outcome, error = Outcome.CRASHED, f"ProcessesLeft: {left} processes could not be ended"
    succeeded = outcome is Outcome.SUCCEEDED
    return ExecutionResult(
        outcome=outcome,
        language=facts.language,
        output=facts.value if succeeded else None,
        error=error,
        trace=trace,
        exit_code=_exit_code(facts, outcome),
        execution_time=facts.seconds,
        cpu_time=ended.cpu_time,
        peak_memory=ended.peak_memory,
        stdout=facts.stdout,
        stderr=facts.stderr,
        receipt=Receipt(ended.reaped, ended.forced, left, facts.containment),
        timeout=facts.timeout,
        displays=tuple(facts.displays),
        trusted=facts.trusted,
        pending=_pending(facts.last) if succeeded else {},
        remark=_remark(facts),
    )


def _remark(facts: Facts) -> str:
    """The line that a check and a runner have for the card."""
    own = remark_of(facts.last) if facts.has_value else ""
    return "; ".join(filter(None, (facts.verdict.remark, own, *facts.notes)))


def remark_of(last: Mapping[str, Any] | None) -> str:
    """The line that a runner has for the card."""
    told = (last or {}).get("remark")
    return clean.text(told)[:_LONGEST_REMARK] if isinstance(told, str) else ""


def _pending(last: Mapping[str, Any] | None) -> dict[str, int]:
    """What ended with the program, of what a runner says: some nouns, and numbers of them."""
    told = (last or {}).get("pending")
    found = told.items() if isinstance(told, Mapping) else ()
    return {
        noun: number
        for noun, number in sorted(itertools.islice(found, _MOST_NOUNS))
        if _NOUN.fullmatch(noun) and type(number) is int and 0 < number < _LARGEST_NUMBER
    }


_Judgement = tuple[Outcome, str | None, Trace | None]


def _judge(facts: Facts) -> _Judgement:
    """The outcome, the error's one line, and the trace. The first cause that holds wins."""
    cause = facts.exit.cause if facts.exit is not None else ""
    timed_out = cause in ("deadline", "cpu_time")
    if facts.interrupted:
        line = "KeyboardInterrupt: the execution was interrupted"
        return Outcome.INTERRUPTED, line, _place(facts)
    if facts.verdict.trace is not None:
        return Outcome.FAILED, facts.verdict.trace.headline, facts.verdict.trace
    # A value that was complete before the code was asked to stop counts; one after that does not.
    if facts.has_value and not (timed_out and facts.stopped is not None):
        return Outcome.SUCCEEDED, None, None
    if timed_out:
        seconds = facts.timeout if cause == "deadline" else facts.limits["cpu_time"]
        of_what = "" if cause == "deadline" else " of processor time"
        line = f"ExecutionTimedOut: the limit of {seconds:g} s{of_what} was reached"
        return Outcome.TIMED_OUT, line, _place(facts)
    if cause == "memory":
        line = f"OutOfMemory: the limit of {_memory(facts.limits['memory'])} was reached"
        return Outcome.MEMORY, line, _place(facts)
    if cause == "processes":
        line = f"WorkerCrashed: the limit of {facts.limits['processes']} processes was reached"
        return Outcome.CRASHED, line, _place(facts)
    if facts.refusal is not None:
        return _refused(facts.refusal)
    if facts.last is not None and facts.last["type"] == "error":
        return _failed(facts.last)
    return _crashed(facts)


def _memory(limit: float) -> str:
    if limit < _MEBIBYTE:  # no program fits into that: a unit was forgotten
        return f"{limit:,.0f} bytes ({limit:.0f}M would be that many MiB)"
    return f"{limit / _MEBIBYTE:,.6g} MiB"


def _place(facts: Facts) -> Trace | None:
    """Where the code was when it was stopped, if it told."""
    if facts.stopped is not None:
        return facts.stopped
    if facts.last is not None and isinstance(facts.last.get("trace"), Mapping):
        return Trace.from_dict(facts.last["trace"])
    return None


def _refused(error: Exception) -> _Judgement:
    kinds = (LanguageUnavailable, IsolationUnavailable, SourceUnavailable, DataError, NoValue)
    outcome = Outcome.FAILED if isinstance(error, kinds) else Outcome.CRASHED
    kind, message = type(error).__name__, str(error)
    line = " ".join(f"{kind}: {message}".split())
    return outcome, line, Trace(type=kind, message=message, text=f"{kind}: {message}")


def _failed(last: Mapping[str, Any]) -> _Judgement:
    trace = Trace.from_dict(last["trace"]) if isinstance(last.get("trace"), Mapping) else None
    if trace is None:
        return Outcome.CRASHED, "ProtocolError: an error without a trace", None
    return Outcome.FAILED, trace.headline, trace


def _crashed(facts: Facts) -> _Judgement:
    ended = facts.exit or Exit("exit")
    status = ended.status
    if ended.out_of_memory and status == _SIGKILL:
        return Outcome.MEMORY, "OutOfMemory: the system had no memory left and ended it", None
    limit = facts.known.out_of_memory if facts.known else ""
    if status is not None and status < 0 and limit and limit in facts.stderr:
        return Outcome.MEMORY, f"OutOfMemory: {limit}", None
    last_line = _last_words(facts.stderr)
    if status in _WRONG_RUNTIMES and last_line and not facts.started:
        return Outcome.FAILED, f"LanguageUnavailable: {last_line}", None
    if status == LOST_DESCRIPTOR and last_line:
        return Outcome.CRASHED, f"WorkerCrashed: {last_line}", None
    if not facts.started and facts.interpreter and ended.cause == "exit" and (status or 0) >= 0:
        said = last_line or f"it exited with code {status}"
        line = f"cannot run {facts.language}: {facts.interpreter} could not start: {said}"
        return Outcome.FAILED, f"LanguageUnavailable: {line}", None
    if not facts.started and last_line:
        return Outcome.CRASHED, f"WorkerCrashed: the worker could not start: {last_line}", None
    if ended.cause in ("supervisor_lost", "reaper_lost"):
        return (
            Outcome.CRASHED,
            "SupervisorLost: the supervising process was killed; all was ended",
            None,
        )
    return Outcome.CRASHED, f"WorkerCrashed: {_how(facts, status)}", facts.crash


def _last_words(stderr: str) -> str:
    """The last line that says something: Node.js ends with its version, below what was wrong."""
    lines = [line.strip() for line in stderr.splitlines()]
    told = [line for line in lines if any(map(str.isalnum, line)) and not _VERSION.fullmatch(line)]
    errors = [line for line in told if _ERROR.match(line)]
    return (errors or told or lines or [""])[-1]


def _how(facts: Facts, status: int | None) -> str:
    if status is None:
        return "it ended without a value"
    if status < 0:
        name = ExecutionResult(Outcome.CRASHED, exit_code=status).signal_name
        return f"it was killed by {name} before it gave a value"
    return f"it exited with code {status} before it gave a value"


def _exit_code(facts: Facts, outcome: Outcome) -> int | None:
    if outcome is Outcome.SUCCEEDED:
        return 0
    if outcome is Outcome.FAILED and facts.last is not None:
        own = facts.last.get("exit_code") if facts.known and facts.known.exit_codes else None
        return own if type(own) is int and 0 < own < _CODES else 1
    return facts.exit.status if facts.exit else None
