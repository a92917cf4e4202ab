"""What a step is given of the environment, and how its values are kept out of everything else.

Runs in the process that runs a pipeline. A value of the environment is read at the start of a run;
it goes to the step's process, and is in no result, log, key, or file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from codeexec_magics.errors import PipelineError
from codeexec_magics.pipelines.model import Pipeline
from codeexec_magics.pipelines.nodes import Problem, nearest
from codeexec_magics.pipelines.step import Step
from codeexec_magics.values.results import ExecutionResult
from codeexec_magics.values.traces import Trace

_REFERENCE = re.compile(r"\$\{([^{}]*)\}")
_SHORTEST = 4
"""Characters; to replace each `1` would only tell that one was replaced."""
_HIDDEN = "•••"


@dataclass(frozen=True, slots=True)
class Variables:
    """The variables of one step.

    Attributes:
        values: By name, as its process gets them.
        secrets: What came from the environment, the longest first.
    """

    values: Mapping[str, str]
    secrets: tuple[str, ...] = ()

    def hidden(self, text: str) -> str:
        """A text without what came from the environment."""
        for secret in self.secrets:
            text = text.replace(secret, _HIDDEN)
        return text

    def scrubbed(self, result: ExecutionResult) -> ExecutionResult:
        """A result that does not tell what came from the environment; its value is the step's."""
        if not self.secrets:
            return result
        trace = None if result.trace is None else result.trace.to_dict()
        return replace(
            result,
            error=self._clean(result.error),
            trace=None if trace is None else Trace.from_dict(self._clean(trace)),
            stdout=self._clean(result.stdout),
            stderr=self._clean(result.stderr),
            displays=tuple(self._clean(dict(bundle)) for bundle in result.displays),
        )

    def _clean(self, data: Any) -> Any:
        if isinstance(data, str):
            return self.hidden(data)
        if isinstance(data, dict):
            return {self._clean(name): self._clean(value) for name, value in data.items()}
        if isinstance(data, list | tuple):
            return [self._clean(value) for value in data]
        return data


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
    return Variables(values, tuple(sorted(secrets, key=len, reverse=True)))
