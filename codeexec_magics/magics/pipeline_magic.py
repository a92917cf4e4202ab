"""``%transform_pipeline``: run a pipeline, show its graph, bind what comes out.

Runs in the kernel, in the thread that executes. The last results, for ``--resume``, are the
magics' own.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from typing import Any

from IPython.core.error import UsageError
from IPython.display import publish_display_data

from codeexec_magics.display.bundle import METADATA_KEY
from codeexec_magics.display.card import View
from codeexec_magics.display.pipelines import (
    PipelineView,
    bundle_of,
    terminal_of,
    traceback_of,
)
from codeexec_magics.engine.observer import Running
from codeexec_magics.errors import DecodingFailed, InvalidOptions, PipelineFailed
from codeexec_magics.magics.failures import drawn
from codeexec_magics.magics.front_end import FrontEnd, front_end, wants_colour
from codeexec_magics.magics.late_interrupts import LateInterrupts
from codeexec_magics.magics.live import LiveLine
from codeexec_magics.magics.namespace import Scope, pick_outputs, read_inputs
from codeexec_magics.magics.pipeline_request import PipelineArguments, find_pipeline, parse
from codeexec_magics.magics.settings import TransformSettings
from codeexec_magics.pipelines import Pipeline, PipelineResult, StepResult
from codeexec_magics.pipelines.runner import PipelineRunner
from codeexec_magics.pipelines.showing import graph_of, view_of
from codeexec_magics.pipelines.watcher import Watcher
from codeexec_magics.values.results import Outcome

_MOST_RESULTS = 16


def run_pipeline(
    shell: Any,
    line: str,
    scope: Scope,
    settings: TransformSettings,
    last: dict[str, PipelineResult],
    *,
    is_cell: bool,
) -> Any:
    """Do what the line says, and return what comes out: one output, or all by name.

    Args:
        shell: IPython's shell.
        line: What stands behind the magic's name.
        scope: The variables that it may name.
        settings: How much is shown, and when.
        last: The last results by what was run; this one is added.
        is_cell: Whether the line is the whole cell.

    Raises:
        UsageError: The line asks for what there is not.
        PipelineFailed: A step that is required has failed.
        KeyboardInterrupt: The user interrupted it.
    """
    arguments = parse(line)
    pipeline = find_pipeline(arguments.words, scope.variables())
    inputs = read_inputs(arguments.inputs, scope)
    showing = _Showing(shell, pipeline, arguments, settings, is_cell=is_cell)
    key = os.path.abspath(pipeline.file) if pipeline.file else " ".join(arguments.words)
    try:
        result = PipelineRunner(max_workers=arguments.workers).watch(
            pipeline,
            inputs,
            showing.watcher(),
            resume=last.get(key) if arguments.resume else None,
        )
    except InvalidOptions as error:
        raise UsageError(str(error)) from None
    _remember(last, key, result)
    problem: DecodingFailed | None = None
    bindings: dict[str, Any] = {} if arguments.result is None else {arguments.result: result}
    if result.success:
        try:
            bindings |= _picked(result, arguments.outputs)
        except DecodingFailed as error:
            problem = error
    # One step, so that an interrupt comes before it or after it.
    shell.push(bindings)
    showing.end(result, problem)
    return _whole(result)


def _remember(last: dict[str, PipelineResult], key: str, result: PipelineResult) -> None:
    last.pop(key, None)
    last[key] = result
    while len(last) > _MOST_RESULTS:
        del last[next(iter(last))]


def _picked(result: PipelineResult, names: tuple[str, ...]) -> dict[str, Any]:
    """What to bind: one name takes that output, or the only one, or all; more take theirs.

    Raises:
        DecodingFailed: There is no such output; names those that there are.
    """
    outputs = dict(result.outputs)
    if len(names) == 1 and names[0] not in outputs:
        return {names[0]: _whole(result)}
    return (
        pick_outputs(outputs, names) if len(names) > 1 else {name: outputs[name] for name in names}
    )


def _whole(result: PipelineResult) -> Any:
    outputs = dict(result.outputs)
    return next(iter(outputs.values())) if len(outputs) == 1 else outputs


class _LiveGraph(LiveLine):
    """Shows the graph while its steps run."""

    def __init__(self, pipeline: Pipeline, delay: float) -> None:
        super().__init__("pipeline", delay, frozenset())
        self._pipeline = pipeline
        self._delay_ends = time.monotonic() + delay
        self._steps: Mapping[str, StepResult] = {}

    def changed(self, steps: Mapping[str, StepResult]) -> None:
        """Take note of how far the steps are."""
        self._steps = steps

    def tick(self) -> None:
        """Show it, if it takes long enough that somebody may wonder."""
        if time.monotonic() >= self._delay_ends:
            self.beat()

    def card(self) -> dict[str, Any]:
        """The graph, and the time."""
        graph = graph_of(self._pipeline, self._steps)
        seconds = time.monotonic() - self._began
        view = PipelineView(name=self._pipeline.name, graph=graph, seconds=seconds)
        return bundle_of(view, View(chip=True))


class _Showing:
    """Shows one pipeline.

    Args:
        shell: IPython's shell.
        pipeline: What is run.
        arguments: The line.
        settings: How much is shown, and when.
        is_cell: Whether the line is the whole cell.
    """

    def __init__(
        self,
        shell: Any,
        pipeline: Pipeline,
        arguments: PipelineArguments,
        settings: TransformSettings,
        *,
        is_cell: bool,
    ) -> None:
        self._shell = shell
        self._front_end = front_end(shell)
        self._arguments = arguments
        self._hides = settings.hide_secrets
        self._late = LateInterrupts(shell, is_cell=is_cell)
        self._live = _LiveGraph(pipeline, settings.live_after)

    def watcher(self) -> Watcher:
        """Who hears of the run while it goes on."""
        if self._arguments.quiet or self._front_end is not FrontEnd.NOTEBOOK:
            return Watcher(started=self._started)
        return Watcher(changed=self._live.changed, started=self._started, tick=self._live.tick)

    def end(self, result: PipelineResult, problem: DecodingFailed | None) -> None:
        """Show how it has ended, and raise if it is no success.

        Raises:
            PipelineFailed: A step that is required has failed.
            KeyboardInterrupt: The user interrupted it.
            DecodingFailed: An output was to be bound that there is not.
        """
        interrupted = result.outcome is Outcome.INTERRUPTED
        self._late.end(interrupted=interrupted)
        self._live.clear()
        raises = interrupted or (not result.success and self._arguments.raise_error)
        view = view_of(result)
        if not (self._arguments.quiet and result.success):
            self._displays(result)
            self._show(view)
        if problem is not None:
            raise drawn(problem, [f"{type(problem).__name__}: {problem}"]) from None
        if not raises:
            return
        lines = [] if self._front_end is FrontEnd.NOTEBOOK else self._lines(view)
        if interrupted:
            raise drawn(KeyboardInterrupt("the pipeline was interrupted"), lines) from None
        raise drawn(PipelineFailed(result), lines) from None

    def _started(self, running: Running) -> None:
        self._late.begin()

    def _displays(self, result: PipelineResult) -> None:
        """What the steps displayed, step by step: the same order each time."""
        for step in result.steps.values():
            for bundle in step.result.displays if step.result is not None and step.tries else ():
                publish_display_data(dict(bundle))

    def _show(self, view: PipelineView) -> None:
        target = ", ".join(self._arguments.outputs) or None
        chip = self._front_end is not FrontEnd.RECORDER
        options = View(target=target, chip=chip, hide_secrets=self._hides)
        if self._front_end is FrontEnd.TERMINAL:
            text = terminal_of(view, options, colour=wants_colour(self._shell))
            sys.stdout.write(text + "\n")
            return
        figures = {METADATA_KEY: {"outcome": view.outcome and view.outcome.value}}
        publish_display_data(bundle_of(view, options), figures)

    def _lines(self, view: PipelineView) -> list[str]:
        if self._front_end is FrontEnd.TERMINAL:
            return [view.error]  # the card has said it all
        return traceback_of(view, View(hide_secrets=self._hides))
