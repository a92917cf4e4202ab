"""The syntax of steps that only their own runtime can judge: told before any of them begins.

Runs in the process that runs a pipeline. A worker of the language checks all of its steps at once,
by a program that the language brings. Knows which programs were found right before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from codeexec_magics import languages
from codeexec_magics.engine.engine import Engine
from codeexec_magics.errors import CodeExecError, PipelineError
from codeexec_magics.pipelines.model import Pipeline
from codeexec_magics.pipelines.nodes import Problem
from codeexec_magics.pipelines.step import Step
from codeexec_magics.values.options import ExecutionOptions, Program
from codeexec_magics.values.results import Outcome

_SECONDS = 30.0
_MOST_KNOWN = 10_000
_right: set[tuple[str, str, str]] = set()
"""Language, entry and source of programs in which nothing was wrong."""


def check_syntax(pipeline: Pipeline, engine: Engine) -> None:
    """Refuse a pipeline whose steps are no programs, as far as their languages can tell.

    Raises:
        PipelineError: All that is wrong, each with its place.
        KeyboardInterrupt: The user interrupted it.
    """
    problems: list[Problem] = []
    for language in dict.fromkeys(step.language for step in pipeline.steps):
        checker = languages.find(language).checker
        # A runtime that the user names may be of another version, and know another syntax.
        steps = [one for one in pipeline.steps if _is_unknown(one, language)] if checker else []
        for step, found in zip(steps, _ask(checker, language, steps, engine), strict=False):
            if found is None:
                _right.add(_key(step))
            else:
                problems.append(_problem(step, found, pipeline.file or pipeline.name))
    if len(_right) > _MOST_KNOWN:
        _right.clear()
    if problems:
        raise PipelineError(sorted(problems))


def _key(step: Step) -> tuple[str, str, str]:
    return step.language, step.entry, step.code


def _is_unknown(step: Step, language: str) -> bool:
    is_own = step.language == language and step.options.interpreter is None
    return is_own and _key(step) not in _right


def _ask(checker: str, language: str, steps: Sequence[Step], engine: Engine) -> list[Any]:
    """For each step None, or what is wrong; nothing at all if there is no such runtime."""
    if not steps:
        return []
    options = ExecutionOptions(
        timeout=_SECONDS,
        standbys=min(step.options.standbys for step in steps),
        directory=steps[0].options.directory,
    )
    programs = [
        {"source": step.code, "first_line": step.origin.line, "entry": step.entry} for step in steps
    ]
    try:
        result = engine.run(
            Program(checker, language), options, {"programs": programs}, label="syntax"
        )
    except CodeExecError:
        return []  # whoever runs the steps will say it
    if result.outcome is Outcome.INTERRUPTED:
        raise KeyboardInterrupt
    return result.output if isinstance(result.output, list) else []


def _problem(step: Step, found: dict[str, Any], file: str) -> Problem:
    origin = step.origin
    notes = "".join(f"; {note}" for note in found["notes"])
    line, column = found["line"] or origin.line, (found["column"] or 1) + origin.column
    return Problem(origin.file or file, line, column, f"{found['type']}: {found['message']}{notes}")
