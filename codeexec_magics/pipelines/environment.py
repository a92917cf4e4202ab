"""What a step is given of the environment, and how its values are kept out of everything else.

Runs in the process that runs a pipeline. A value of the environment is read at the start of a run;
it goes to the step's process, and is in no result, log, key, or file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from codeexec_magics.engine.mapping.failures import ItemFailure
from codeexec_magics.errors import PipelineError
from codeexec_magics.pipelines.concealing import Concealer, Stream
from codeexec_magics.pipelines.model import Pipeline
from codeexec_magics.pipelines.nodes import Problem, nearest
from codeexec_magics.pipelines.step import Step
from codeexec_magics.values.results import ExecutionResult
from codeexec_magics.values.traces import Trace

_REFERENCE = re.compile(r"\$\{([^{}]*)\}")
_SHORTEST = 4
"""Characters; to replace each `1` would only tell that one was replaced."""


class Variables:
    """The variables of one step.

    Args:
        values: By name, as its process gets them.
        secrets: What came from the environment.

    Attributes:
        values: As given.
    """

    def __init__(self, values: Mapping[str, str], secrets: tuple[str, ...] = ()) -> None:
        self.values = values
        self._concealer = Concealer(secrets) if secrets else None

    def stream(self) -> Stream | None:
        """What hides the secrets in text that comes piece by piece; None if there are none."""
        return None if self._concealer is None else Stream(self._concealer)

    def clean(self, data: Any) -> Any:
        """Plain data that does not tell what came from the environment."""
        return data if self._concealer is None else self._concealer.clean(data)

    def scrubbed(self, result: ExecutionResult) -> ExecutionResult:
        """A result that does not tell what came from the environment; its value is the step's."""
        if self._concealer is None:
            return result
        return replace(
            result,
            error=self.clean(result.error),
            trace=self._trace(result.trace),
            stdout=self.clean(result.stdout),
            stderr=self.clean(result.stderr),
            displays=tuple(self.clean(dict(bundle)) for bundle in result.displays),
            output=self._values(result.output),
        )

    def _trace(self, trace: Trace | None) -> Trace | None:
        return None if trace is None else Trace.from_dict(self.clean(trace.to_dict()))

    def _values(self, output: Any) -> Any:
        """What a map gave, where items that failed stand among the step's own values."""
        if type(output) is not list or not any(isinstance(one, ItemFailure) for one in output):
            return output
        return [self._failure(one) if isinstance(one, ItemFailure) else one for one in output]

    def _failure(self, failed: ItemFailure) -> ItemFailure:
        return replace(failed, error=self.clean(failed.error), trace=self._trace(failed.trace))


def variables_of(pipeline: Pipeline) -> dict[str, Variables]:
    """The variables of each step, filled in from the environment as it is now.

    Raises:
        PipelineError: One is not set; names the place.
    """
    problems: list[Problem] = []
    found = {step.id: _filled(step, pipeline.file or pipeline.name, problems)
             for step in pipeline.steps}  # fmt: skip
    if problems:
        raise PipelineError(sorted(set(problems)))
    return found


def _filled(step: Step, file: str, problems: list[Problem]) -> Variables:
    secrets: set[str] = set()

    def fill(name: str, found: re.Match[str]) -> str:
        value = os.environ.get(found[1])
        if value is None:
            line, column = step.origin.variables.get(name, (step.origin.place or 1, 1))
            told = (
                f"the environment variable `{found[1]}` is not set{nearest(found[1], os.environ)}"
            )
            problems.append(Problem(file, line, column, told))
            return ""
        if len(value) >= _SHORTEST:
            secrets.add(value)
        return value

    values = {
        name: _REFERENCE.sub(lambda found, name=name: fill(name, found), text)  # type: ignore[misc]
        for name, text in step.environment.items()
    }
    return Variables(values, tuple(sorted(secrets)))
