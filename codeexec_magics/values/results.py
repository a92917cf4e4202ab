"""What an execution came to, as data.

Plain frozen values of the standard library; any process may import this module.
"""

from __future__ import annotations

import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from codeexec_magics import errors
from codeexec_magics.protocol.jsonable import from_jsonable, to_jsonable
from codeexec_magics.values import showing
from codeexec_magics.values.traces import Trace


class Outcome(Enum):
    """How an execution ended; exactly one of these is true."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    """The program threw."""
    TIMED_OUT = "timed_out"
    INTERRUPTED = "interrupted"
    CRASHED = "crashed"
    """It ended without a last word."""
    MEMORY = "memory"
    """It needed more memory than it may have."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the clean-up after a run did.

    Attributes:
        reaped: Processes of the run whose end was awaited, the program's own included.
        forced: Those among them that had to be killed.
        left: Those that were still there at the end; 0, or the result is no success.
        containment: What held the run's processes together, for example ``guarded-subreaper``.
        unconfirmed: Processes of a map elsewhere that have not told how they ended.
        lost: Workers of a map elsewhere that have gone meanwhile.
    """

    reaped: int = 0
    forced: int = 0
    left: int = 0
    containment: str = ""
    unconfirmed: int = 0
    lost: int = 0


@dataclass(frozen=True, slots=True)
class ExecutionResult:
    """The result of one execution.

    Attributes:
        outcome: How it ended.
        language: The language's name.
        output: The program's value; None unless it succeeded.
        error: One line, ``Type: message``; None on success.
        trace: The failure as data, where there is one.
        exit_code: 0, 1 after an exception, the program's own code, -N for signal N, None if
            nothing ran.
        execution_time: Seconds from the program's start to its end.
        cpu_time: Seconds of processor time, the whole process tree.
        peak_memory: Bytes, the most that one process of the tree had resident; where there was a
            limit of memory, the most that all of them had together.
        stdout: What the program printed, bounded; the text says what was left out.
        stderr: The same for the error stream.
        receipt: What the clean-up did.
        timeout: The limit in seconds that was in force; ``inf`` for none.
        displays: MIME bundles that the program displayed, in order.
        trusted: Whether what comes from the program may be shown as it says. False for a sandboxed
            program: of that nothing is drawn but text, and pictures that are what they say.
        pending: What the program had begun and not awaited, and what ended with it: nouns and
            numbers, ``{"timer": 2}``.
        remark: What else the card says of it, in one line.
    """

    outcome: Outcome
    language: str = "python"
    output: Any = None
    error: str | None = None
    trace: Trace | None = None
    exit_code: int | None = None
    execution_time: float = 0.0
    cpu_time: float | None = None
    peak_memory: int | None = None
    stdout: str = ""
    stderr: str = ""
    receipt: Receipt = field(default_factory=Receipt)
    timeout: float = float("inf")
    displays: tuple[Mapping[str, Any], ...] = ()
    trusted: bool = True
    pending: Mapping[str, int] = field(default_factory=dict)
    remark: str = ""

    @property
    def success(self) -> bool:
        """Whether the program ended well and its value arrived."""
        return self.outcome is Outcome.SUCCEEDED

    @property
    def stack_trace(self) -> str | None:
        """The failure's whole text, the runtime's and our own frames removed; None on success."""
        if self.success:
            return None
        return self.trace.text if self.trace and self.trace.text else None

    @property
    def signal_name(self) -> str | None:
        """The signal that ended the program, for example ``SIGSEGV``; None if none did."""
        if self.exit_code is None or self.exit_code >= 0:
            return None
        try:
            return signal.Signals(-self.exit_code).name
        except ValueError:
            return f"signal {-self.exit_code}"

    def raise_for_outcome(self) -> ExecutionResult:
        """Return this result if it is a success.

        Raises:
            ExecutionFailed: The subclass that matches the outcome, with this as ``.result``.
        """
        if not self.success:
            raise _EXCEPTIONS[self.outcome](self)
        return self

    def to_dict(self) -> dict[str, Any]:
        """A form that ``json.dumps`` takes; `from_dict` reads it.

        A value that JSON does not hold is tagged by its type. One that is larger than
        `codeexec_magics.protocol.jsonable.LARGEST` or of an unknown type is kept as type and
        text, and ``lossy`` is true.
        """
        output, lossy = to_jsonable(self.output)
        return {
            "outcome": self.outcome.value,
            "success": self.success,
            "language": self.language,
            "output": output,
            "lossy": lossy,
            "error": self.error,
            "stack_trace": self.stack_trace,
            "trace": self.trace.to_dict() if self.trace else None,
            "exit_code": self.exit_code,
            "execution_time": self.execution_time,
            "cpu_time": self.cpu_time,
            "peak_memory": self.peak_memory,
            "stdout": self.stdout,
            "stderr": self.stderr,
            "receipt": {
                "reaped": self.receipt.reaped,
                "forced": self.receipt.forced,
                "left": self.receipt.left,
                "containment": self.receipt.containment,
                **_of_elsewhere(self.receipt),
            },
            "timeout": None if self.timeout == float("inf") else self.timeout,
            "displays": [dict(bundle) for bundle in self.displays],
            "trusted": self.trusted,
            "pending": dict(self.pending),
            "remark": self.remark,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ExecutionResult:
        """Rebuild a result from `to_dict`'s form; absent fields take their defaults.

        Raises:
            DecodingFailed: The dictionary does not say how the execution ended.
        """
        trace = data.get("trace")
        timeout = data.get("timeout")
        return cls(
            outcome=_outcome(data),
            language=data.get("language", "python"),
            output=from_jsonable(data.get("output")),
            error=data.get("error"),
            trace=Trace.from_dict(trace) if trace else _trace_from_text(data),
            exit_code=data.get("exit_code"),
            execution_time=data.get("execution_time") or 0.0,
            cpu_time=data.get("cpu_time"),
            peak_memory=data.get("peak_memory"),
            stdout=data.get("stdout") or "",
            stderr=data.get("stderr") or "",
            receipt=_receipt(data.get("receipt") or {}),
            timeout=float("inf") if timeout is None else float(timeout),
            displays=tuple(data.get("displays") or ()),
            trusted=data.get("trusted", True) is True,
            pending=data.get("pending") or {},
            remark=data.get("remark") or "",
        )

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return showing.card_of_result(self)


_EXCEPTIONS: dict[Outcome, type[errors.ExecutionFailed]] = {
    Outcome.FAILED: errors.ProgramFailed,
    Outcome.TIMED_OUT: errors.ExecutionTimedOut,
    Outcome.INTERRUPTED: errors.ExecutionInterrupted,
    Outcome.CRASHED: errors.WorkerCrashed,
    Outcome.MEMORY: errors.MemoryLimitExceeded,
}


def _outcome(data: Mapping[str, Any]) -> Outcome:
    name = data.get("outcome")
    if name is None and isinstance(data.get("success"), bool):
        return Outcome.SUCCEEDED if data["success"] else Outcome.FAILED
    try:
        return Outcome(name)
    except ValueError:
        known = ", ".join(outcome.value for outcome in Outcome)
        raise errors.DecodingFailed(
            f"outcome must be one of {known}, not {name!r}", path="outcome"
        ) from None


def _trace_from_text(data: Mapping[str, Any]) -> Trace | None:
    """A trace for a dictionary that has only ``stack_trace``, as early versions wrote."""
    text = data.get("stack_trace")
    if not isinstance(text, str) or not text:
        return None
    kind, _, message = str(data.get("error") or "").partition(": ")
    return Trace(type=kind or "Error", message=message, text=text)


def _of_elsewhere(receipt: Receipt) -> dict[str, int]:
    """What only a map elsewhere has."""
    told = {"unconfirmed": receipt.unconfirmed, "lost": receipt.lost}
    return {name: count for name, count in told.items() if count}


def _receipt(data: Mapping[str, Any]) -> Receipt:
    known = {name: data[name] for name in Receipt.__dataclass_fields__ if name in data}
    return Receipt(**known)
