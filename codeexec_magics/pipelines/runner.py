"""PipelineRunner: the door by which pipelines are run.

Runs in the process that calls it, in the thread that calls. Owns nothing between runs.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from codeexec_magics.engine.engine import Engine
from codeexec_magics.engine.transform import shared_executor
from codeexec_magics.errors import InvalidOptions
from codeexec_magics.pipelines.model import Pipeline
from codeexec_magics.pipelines.results import PipelineResult, StepResult
from codeexec_magics.pipelines.run import PipelineRun
from codeexec_magics.pipelines.syntax import check_syntax
from codeexec_magics.pipelines.watcher import Watcher
from codeexec_magics.values.results import Outcome

_FEWEST_WORKERS = 4
_MOST_WORKERS = 64

Progress = Callable[[float, float | None, str], None]


class PipelineRunner:
    """Runs pipelines.

    May be used from several threads at once.

    Args:
        executor: What executes the steps; None for the one that the magics use, too.
        max_workers: How many steps run at once; None for what the pipeline says.

    Raises:
        InvalidOptions: ``max_workers`` cannot be meant.
    """

    def __init__(self, executor: Engine | None = None, max_workers: int | None = None) -> None:
        if max_workers is not None and (
            not isinstance(max_workers, int)
            or isinstance(max_workers, bool)
            or not 1 <= max_workers <= _MOST_WORKERS
        ):
            raise InvalidOptions(f"max_workers must be 1 to {_MOST_WORKERS}, not {max_workers!r}")
        self._executor = executor
        self._max_workers = max_workers

    def run(
        self,
        pipeline: Pipeline,
        inputs: Mapping[str, Any] | None = None,
        *,
        resume: PipelineResult | None = None,
        on: Any = None,
        progress: Progress | None = None,
    ) -> PipelineResult:
        """Run a pipeline, and return all that is known, whatever its steps did.

        Args:
            pipeline: What is run.
            inputs: Its inputs by name.
            resume: The result of an earlier run: steps that nothing has changed for are not run
                again.
            on: Where the items of maps are worked on; None for this machine.
            progress: Called with how many steps have ended, how many there are, and a text.

        Raises:
            InvalidOptions: An input is missing or unknown, or a variable of the environment is, or
                a step is no program.
            KeyboardInterrupt: The user interrupted it; nothing is left, and ``result`` of the
                exception has what there is.
        """
        watcher = Watcher() if progress is None else Watcher(changed=_reporting(progress))
        result = self.watch(pipeline, inputs, watcher, resume=resume, on=on)
        if result.outcome is Outcome.INTERRUPTED:
            stop = KeyboardInterrupt(result.error)
            stop.result = result  # type: ignore[attr-defined]
            raise stop
        return result

    def watch(
        self,
        pipeline: Pipeline,
        inputs: Mapping[str, Any] | None,
        watcher: Watcher,
        *,
        resume: PipelineResult | None = None,
        on: Any = None,
    ) -> PipelineResult:
        """`run`, where somebody hears of it meanwhile; an interrupt is an outcome as others are.

        Raises:
            InvalidOptions: An input is missing or unknown, or a variable of the environment is.
        """
        if on is not None:
            from codeexec_magics.engine.scaling import check  # late: few leave this machine

            check(on)
        return self.prepare(pipeline, inputs, watcher, on).perform(resume)

    def prepare(
        self,
        pipeline: Pipeline,
        inputs: Mapping[str, Any] | None = None,
        watcher: Watcher | None = None,
        on: Any = None,
    ) -> PipelineRun:
        """A run that has not begun; everything that can be refused has been checked."""
        given: Any = {} if inputs is None else inputs
        if not isinstance(given, Mapping):
            kind = type(given).__name__
            raise InvalidOptions(f"inputs must be a mapping of names to values, not {kind}")
        engine = self._executor or shared_executor()
        workers = self._max_workers or pipeline.max_workers
        workers = workers or max(os.cpu_count() or 1, _FEWEST_WORKERS)
        values = pipeline.complete(given)
        _check_read_once(pipeline, values)
        check_syntax(pipeline, engine)
        return PipelineRun(pipeline, values, engine, workers, watcher or Watcher(), on)


def _check_read_once(pipeline: Pipeline, values: Mapping[str, Any]) -> None:
    """Refuse an iterator that would be drawn from twice, and so divided between steps or tries."""
    for name, value in values.items():
        if not isinstance(value, Iterator):
            continue
        readers = [
            step for step in pipeline.steps if any(to.name == name for to in step.references)
        ]
        again = next((step.id for step in readers if step.retries.times), None)
        if len(readers) > 1 or again is not None:
            why = f"`{again}` may be tried again" if again else f"{len(readers)} steps take it"
            raise InvalidOptions(
                f"the input `{name}` is an iterator, which can be read once, and {why}: "
                f"give list({name})"
            )


def _reporting(progress: Progress) -> Callable[[Mapping[str, StepResult]], None]:
    """Tells of each step that has ended."""
    seen: set[str] = set()

    def changed(steps: Mapping[str, StepResult]) -> None:
        for name, step in steps.items():
            if step.state.ended and name not in seen:
                seen.add(name)
                progress(len(seen), len(steps), f"{name} {step.state.value.replace('_', ' ')}")

    return changed
