"""What a pipeline and its result show of themselves where a cell evaluates them.

Runs wherever one is looked at. The display stands beside the pipelines, and is loaded by its name
when something is first shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from codeexec_magics.pipelines.model import Pipeline
from codeexec_magics.pipelines.results import PipelineResult, State, StepResult

_DISPLAY = "codeexec_magics.display"


def graph_bundle(pipeline: Pipeline) -> dict[str, Any]:
    """A pipeline's graph, as a MIME bundle."""
    cards = import_module(f"{_DISPLAY}.pipelines")
    view = cards.PipelineView(name=pipeline.name, graph=graph_of(pipeline, {}))
    bundle: dict[str, Any] = cards.bundle_of(view)
    return bundle


def result_bundle(result: PipelineResult) -> dict[str, Any]:
    """The card of a result, as a MIME bundle."""
    bundle: dict[str, Any] = import_module(f"{_DISPLAY}.pipelines").bundle_of(view_of(result))
    return bundle


def view_of(result: PipelineResult) -> Any:
    """What is to be shown of a result, in the display's own terms."""
    values = list(result.outputs.values())
    return import_module(f"{_DISPLAY}.pipelines").PipelineView(
        name=result.name,
        graph=graph_of(result.pipeline, result.steps),
        outcome=result.outcome,
        value=values[0] if len(values) == 1 else dict(result.outputs) or None,
        trusted=_is_trusted(result),
        failed=result.failed_step or "",
        error=result.error or "",
        failure=result.failure,
        streams=tuple(
            (name, stream, getattr(step.result, stream))
            for name, step in result.steps.items()
            if step.result is not None and step.state is not State.KEPT
            for stream in ("stdout", "stderr")
        ),
        seconds=result.seconds,
        left=result.receipt.left,
    )


def _is_trusted(result: PipelineResult) -> bool:
    """Whether all that may have made the outputs is: a value goes from step to step."""
    if result.pipeline is not None and any(step.options.sandbox for step in result.pipeline.steps):
        return False
    known = [step.result.trusted for step in result.steps.values() if step.result is not None]
    # Of a saved result whose step was kept from before, nothing tells.
    return all(known) and (result.pipeline is not None or len(known) == len(result.steps))


def graph_of(pipeline: Pipeline | None, steps: Mapping[str, StepResult]) -> Any:
    """The graph with the states of its steps; without a pipeline, only these."""
    blocks = import_module(f"{_DISPLAY}.blocks")
    if pipeline is None:
        listed = (
            blocks.GraphStep(name, step.result.language if step.result else "", step.state.value)
            for name, step in steps.items()
        )
        return blocks.Graph(tuple(listed))
    found = []
    for step in pipeline.steps:
        state = steps.get(step.id)
        found.append(
            blocks.GraphStep(
                step.id,
                step.language,
                state.state.value if state else "",
                step.needs,
                state.reason if state else "",
            )
        )
    used = {name for step in pipeline.steps for name in step.needs}
    return blocks.Graph(tuple(found), tuple(name for name in pipeline.inputs if name in used))
