"""What a pipeline's run came to, as data.

Plain frozen values; any process may import this module. Nothing of the environment that a step was
given is in them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from importlib import import_module
from typing import Any

from codeexec_magics.errors import DecodingFailed, PipelineFailed
from codeexec_magics.pipelines.model import Pipeline
from codeexec_magics.pipelines.step import Absent
from codeexec_magics.protocol.jsonable import from_jsonable, to_jsonable
from codeexec_magics.values.results import ExecutionResult, Outcome, Receipt


class State(Enum):
    """How far a step is, or how it has ended."""

    WAITING = "waiting"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    KEPT = "kept"
    """Its value is that of an earlier run, since nothing that it depends on has changed."""
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    MEMORY = "memory"
    CRASHED = "crashed"
    INTERRUPTED = "interrupted"
    SKIPPED = "skipped"

    @property
    def good(self) -> bool:
        """Whether the step's own value is there."""
        return self in (State.SUCCEEDED, State.KEPT)

    @property
    def ended(self) -> bool:
        """Whether nothing more happens to it."""
        return self not in (State.WAITING, State.RUNNING)


@dataclass(frozen=True, slots=True)
class StepResult:
    """What a step came to.

    Attributes:
        state: How it has ended, or that it never began.
        result: Its last execution; None if there was none.
        tries: How often it was run, this time.
        reason: Why it was skipped; empty for all others.
        value: What its dependents were given; `Absent.NOTHING` where there is nothing, or where
            all who needed it have had it.
        key: What the value depends on, in short; None where that cannot be told.
    """

    state: State
    result: ExecutionResult | None = None
    tries: int = 0
    reason: str = ""
    value: Any = Absent.NOTHING
    key: str | None = None

    @property
    def has_value(self) -> bool:
        """Whether the value is here."""
        return self.value is not Absent.NOTHING

    def without_value(self) -> StepResult:
        """The same, the value let go of."""
        result = None if self.result is None else replace(self.result, output=None)
        return replace(self, value=Absent.NOTHING, result=result)

    def to_dict(self) -> dict[str, Any]:
        """A form that ``json.dumps`` takes."""
        value, lossy = (None, False) if not self.has_value else to_jsonable(self.value)
        result = self.result
        return {
            "state": self.state.value,
            "result": None if result is None else replace(result, output=None).to_dict(),
            "tries": self.tries,
            "reason": self.reason,
            "has_value": self.has_value,
            "value": value,
            "lossy": lossy,
            "key": self.key,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> StepResult:
        """Rebuild it from `to_dict`'s form. A value that was written as its text is none."""
        there = data.get("has_value") and not data.get("lossy")
        value = from_jsonable(data.get("value")) if there else Absent.NOTHING
        result = None if not data.get("result") else ExecutionResult.from_dict(data["result"])
        if result is not None and result.success and there:
            result = replace(result, output=value)
        return cls(
            _enum(State, data.get("state"), "state"),
            result,
            data.get("tries") or 0,
            data.get("reason") or "",
            value,
            data.get("key"),
        )


@dataclass(frozen=True, slots=True)
class PipelineResult:
    """What a pipeline's run came to.

    Attributes:
        outcome: ``SUCCEEDED``, ``FAILED`` or ``INTERRUPTED``.
        outputs: By name; those that are there, whatever the outcome.
        steps: By id, in the order of the file.
        error: One line that names the first cause: its step, place, and error; None on success.
        failed_step: The id of that step; None if none failed.
        name: The pipeline's name.
        seconds: From the start to the end.
        pipeline: What was run; None of a result that was read from a dictionary.
    """

    outcome: Outcome
    outputs: Mapping[str, Any] = field(default_factory=dict)
    steps: Mapping[str, StepResult] = field(default_factory=dict)
    error: str | None = None
    failed_step: str | None = None
    name: str = "pipeline"
    seconds: float = 0.0
    pipeline: Pipeline | None = field(default=None, compare=False, repr=False)

    @property
    def success(self) -> bool:
        """Whether no step that is required has failed."""
        return self.outcome is Outcome.SUCCEEDED

    @property
    def values(self) -> dict[str, Any]:
        """The values of steps that are still here, by id."""
        return {name: step.value for name, step in self.steps.items() if step.has_value}

    @property
    def receipt(self) -> Receipt:
        """What the clean-up of all steps did, together."""
        results = [step.result for step in self.steps.values() if step.state is not State.KEPT]
        receipts = [result.receipt for result in results if result is not None]
        return Receipt(
            sum(receipt.reaped for receipt in receipts),
            sum(receipt.forced for receipt in receipts),
            sum(receipt.left for receipt in receipts),
            ", ".join(sorted({receipt.containment for receipt in receipts} - {""})),
        )

    @property
    def failure(self) -> ExecutionResult | None:
        """The execution that failed the pipeline; None if none did."""
        return None if self.failed_step is None else self.steps[self.failed_step].result

    def raise_for_outcome(self) -> PipelineResult:
        """Return this result if it is a success.

        Raises:
            PipelineFailed: A step that is required has failed.
            KeyboardInterrupt: The user interrupted it.
        """
        if self.outcome is Outcome.INTERRUPTED:
            # A plain `except Exception` must not swallow the user's wish to stop.
            raise KeyboardInterrupt(self.error or "the pipeline was interrupted")
        if not self.success:
            raise PipelineFailed(self)
        return self

    def as_execution(self) -> ExecutionResult:
        """The whole as one execution, whose value is the outputs: what a job's result is."""
        failure = self.failure
        return ExecutionResult(
            self.outcome,
            language="pipeline",
            output=dict(self.outputs) if self.success else None,
            error=self.error,
            trace=None if failure is None else failure.trace,
            exit_code=0 if self.success else None,
            execution_time=self.seconds,
            receipt=self.receipt,
        )

    def to_dict(self) -> dict[str, Any]:
        """A form that ``json.dumps`` takes; `from_dict` reads it."""
        outputs, lossy = to_jsonable(dict(self.outputs))
        return {
            "name": self.name,
            "outcome": self.outcome.value,
            "success": self.success,
            "outputs": outputs,
            "lossy": lossy,
            "error": self.error,
            "failed_step": self.failed_step,
            "seconds": self.seconds,
            "steps": {name: step.to_dict() for name, step in self.steps.items()},
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> PipelineResult:
        """Rebuild a result from `to_dict`'s form.

        Raises:
            DecodingFailed: The dictionary does not say how the run ended.
        """
        outputs = from_jsonable(data.get("outputs"))
        return cls(
            outcome=_enum(Outcome, data.get("outcome"), "outcome"),
            outputs=outputs if isinstance(outputs, dict) else {},
            steps={k: StepResult.from_dict(v) for k, v in (data.get("steps") or {}).items()},
            error=data.get("error"),
            failed_step=data.get("failed_step"),
            name=data.get("name") or "pipeline",
            seconds=data.get("seconds") or 0.0,
        )

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        cards = import_module("codeexec_magics.pipelines.showing")  # it stands above the results
        bundle: dict[str, Any] = cards.result_bundle(self)
        return bundle


def _enum(kind: Any, name: object, what: str) -> Any:
    try:
        return kind(name)
    except ValueError:
        known = ", ".join(member.value for member in kind)
        raise DecodingFailed(f"{what} must be one of {known}, not {name!r}", path=what) from None
