"""Which workers stand by for the steps of a pipeline, which follow each other at once.

Runs in the process that runs a pipeline; the supervisor owns the workers.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable

from codeexec_magics.engine.engine import Engine
from codeexec_magics.engine.surroundings import recipe_of
from codeexec_magics.errors import CodeExecError
from codeexec_magics.languages import find
from codeexec_magics.pipelines.model import Pipeline
from codeexec_magics.pipelines.step import Step
from codeexec_magics.values.options import ExecutionOptions

_MOST_FORKED = 8
"""Of a language whose workers are forked, and share most of their memory."""
_MOST_STARTED = 4


def workers_ahead(pipeline: Pipeline) -> Counter[str]:
    """How many workers of each language a run has use for, by the language's name.

    Steps end sooner than workers start: each is to find one ready. A map keeps its own.
    """
    found = Counter(step.language for step in pipeline.steps if step.mapping is None)
    for name in found:
        most = _MOST_FORKED if find(name).modules is not None else _MOST_STARTED
        found[name] = min(found[name], most)
    return found


def warm_up(
    pipeline: Pipeline, engine: Engine, options_of: Callable[[Step], ExecutionOptions]
) -> None:
    """Have a worker of each language load what it will need while steps of others run.

    Without this the first run of a pipeline waits for each language in turn.
    """
    ids = {step.id for step in pipeline.steps}
    at_once = {step.language for step in pipeline.steps if ids.isdisjoint(step.needs)}
    later = {step.language: step for step in reversed(pipeline.steps) if step.mapping is None}
    for language, step in later.items():
        if language not in at_once:
            with contextlib.suppress(CodeExecError, OSError):  # the step itself will say it
                recipe = recipe_of(find(language), options_of(step))
                engine.client.start_early()
                engine.client.ask_ahead(recipe, idle=True)
