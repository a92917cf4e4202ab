"""How many workers stand by for the steps of a pipeline, which follow each other at once.

Runs in the process that runs a pipeline; pure.
"""

from __future__ import annotations

from collections import Counter

from codeexec_magics.languages import find
from codeexec_magics.pipelines.model import Pipeline

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
