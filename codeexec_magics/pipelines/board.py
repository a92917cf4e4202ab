"""Where every step of a run stands: what is ready, what has a value, what is skipped, and why.

Runs in the process that runs a pipeline, in the thread that called; starts nothing.
"""

from __future__ import annotations

import graphlib
import heapq
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from codeexec_magics.pipelines.model import Pipeline
from codeexec_magics.pipelines.results import State, StepResult
from codeexec_magics.pipelines.step import Absent, Reference, Step
from codeexec_magics.pipelines.values import size_of
from codeexec_magics.values.results import ExecutionResult, Outcome

_ROOM = 64 << 20
"""Bytes of values that are kept for a later run although nobody needs them any more."""


class Board:
    """The state of a run.

    Args:
        pipeline: What is run.
        inputs: Its inputs, complete.
        keys: What each step's value depends on.
    """

    def __init__(
        self, pipeline: Pipeline, inputs: Mapping[str, Any], keys: Mapping[str, str | None]
    ) -> None:
        self.steps = {step.id: StepResult(State.WAITING) for step in pipeline.steps}
        self._inputs = inputs
        self._keys = keys
        self._known = {step.id: step for step in pipeline.steps}
        self._place = {step.id: place for place, step in enumerate(pipeline.steps)}
        self._sorter = graphlib.TopologicalSorter(edges_of(pipeline))
        self._sorter.prepare()
        self._ready: list[int] = []
        self._ids = [step.id for step in pipeline.steps]
        self._outputs = {to.name for to in pipeline.outputs.values()}
        self._readers = Counter(
            name for step in pipeline.steps for name in {to.name for to in step.references}
        )
        self._sound: set[str] = set()
        self._room = _ROOM
        self._kept: set[str] = set()
        self._gather()

    def next(self) -> Step | None:
        """The first step in the file's order whose turn it is; None if there is none now."""
        return self._known[self._ids[heapq.heappop(self._ready)]] if self._ready else None

    @property
    def unfinished(self) -> bool:
        """Whether a step may still be begun or ended."""
        return self._sorter.is_active()

    def begin(self, step: Step) -> None:
        """A step runs now."""
        self.steps[step.id] = StepResult(State.RUNNING)

    def missing(self, step: Step) -> str:
        """What a step lacks that it needs; empty if it can run."""
        optional = {to for to in step.inputs.values() if to.name not in self.steps}
        for to in step.references:
            if not to.failure and not self.has(to.name) and to not in optional:
                return to.name
        for name in step.after:
            found = self.steps[name]
            if not found.state.good and not found.has_value:
                return name
        return ""

    def has(self, name: str) -> bool:
        """Whether an input or a step has a value."""
        if name in self.steps:
            return self.steps[name].has_value
        return name in self._inputs

    def value(self, name: str) -> Any:
        """The value of an input or a step."""
        return self.steps[name].value if name in self.steps else self._inputs[name]

    def failure(self, name: str) -> dict[str, Any] | None:
        """How a step has failed, as its dependents are told; None if it has not."""
        found = self.steps[name]
        if found.state.good:
            return None
        result = found.result
        place = result.trace.place if result and result.trace else None
        return {
            "step": name,
            "outcome": found.state.value,
            "error": (result.error if result else None) or found.reason or None,
            "line": place.line if place else None,
            "stack_trace": result.stack_trace if result else None,
        }

    def end(self, step: Step, result: ExecutionResult, tries: int) -> None:
        """A step has run."""
        state = State(result.outcome.value)
        value = result.output if result.success else Absent.NOTHING
        if not result.success and not step.required and result.outcome is not Outcome.INTERRUPTED:
            value = step.default
        self._finish(step, StepResult(state, result, tries, "", value, self._key(step, state)))

    def keep(self, step: Step, found: StepResult) -> None:
        """A step need not run: its value, or that nobody needs it, is known."""
        kept = replace(found, state=State.KEPT, tries=0, key=self._key(step, State.KEPT))
        self._finish(step, kept)

    def skip(self, step: Step, reason: str) -> None:
        """A step does not run; it has its default, if there is one."""
        self._finish(step, StepResult(State.SKIPPED, reason=reason, value=step.default))

    def abandon(self, order: list[Step], cause: str) -> None:
        """All steps that have not begun are skipped, without their defaults.

        Args:
            order: The steps, each behind those that it waits for.
            cause: The step whose failure is the reason.
        """
        for step in order:
            if self.steps[step.id].state is State.WAITING:
                missing = self.missing(step)
                reason = f"`{missing}` has no value" if missing else f"`{cause}` has failed"
                self.steps[step.id] = StepResult(State.SKIPPED, reason=reason)

    def _finish(self, step: Step, found: StepResult) -> None:
        self.steps[step.id] = found
        for name in {to.name for to in step.references}:
            self._readers[name] -= 1
            self._let_go(name)
        self._let_go(step.id)
        self._sorter.done(step.id)
        self._gather()

    def _let_go(self, name: str) -> None:
        """Drop a value that nobody needs any more, unless it is small enough to keep."""
        found = self.steps.get(name)
        if found is None or self._readers[name] > 0 or name in self._outputs:
            return
        if not found.has_value or name in self._kept:
            return
        size = size_of(found.value)
        if size is None or size > self._room:
            self.steps[name] = found.without_value()
        else:
            self._room -= size
            self._kept.add(name)

    def _key(self, step: Step, state: State) -> str | None:
        """The step's key, if its value comes of what the key says and of nothing else."""
        sources = (to.name for to in step.references if to.name in self._known)
        if not state.good or not all(name in self._sound for name in sources):
            return None
        self._sound.add(step.id)
        return self._keys[step.id]

    def _gather(self) -> None:
        for name in self._sorter.get_ready():
            heapq.heappush(self._ready, self._place[name])


def edges_of(pipeline: Pipeline) -> dict[str, list[str]]:
    """The steps that each step waits for."""
    ids = {step.id for step in pipeline.steps}
    return {step.id: [name for name in step.needs if name in ids] for step in pipeline.steps}


def order_of(pipeline: Pipeline) -> list[Step]:
    """The steps, each behind those that it waits for."""
    known = {step.id: step for step in pipeline.steps}
    return [known[name] for name in graphlib.TopologicalSorter(edges_of(pipeline)).static_order()]


def kept_from(
    pipeline: Pipeline,
    order: list[Step],
    keys: Mapping[str, str | None],
    last: Mapping[str, StepResult],
) -> dict[str, StepResult]:
    """What of an earlier run still holds: the steps that need not run.

    Args:
        pipeline: What is run.
        order: Its steps, each behind those that it waits for.
        keys: What each step's value depends on now.
        last: How the steps of the earlier run ended.
    """
    needed = {to.name for to in pipeline.outputs.values()}
    kept: dict[str, StepResult] = {}
    for step in reversed(order):
        found = last.get(step.id)
        same = found is not None and found.state.good and found.key == keys[step.id] is not None
        if found is not None and same and (found.has_value or step.id not in needed):
            kept[step.id] = found
        else:
            needed.update(_names(step.references))
    return kept


def _names(references: tuple[Reference, ...]) -> list[str]:
    return [to.name for to in references if not to.failure]
