"""Who hears of a pipeline while it runs.

Lives in the process that runs a pipeline. Values; owns nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from codeexec_magics.engine.observer import Running
from codeexec_magics.pipelines.results import StepResult


@dataclass(frozen=True, slots=True)
class Watcher:
    """Who hears of a run while it goes on; called in the thread that runs the pipeline.

    Attributes:
        changed: The steps' results by id, whenever a step has begun or ended.
        output: A step's id, ``stdout`` or ``stderr``, and text.
        display: A step's id, a MIME bundle, and its metadata.
        started: What is under way; any thread may interrupt it.
        tick: Called a few times a second while nothing else happens.
        seconds: The time between two of these calls.
    """

    changed: Callable[[Mapping[str, StepResult]], None] | None = None
    output: Callable[[str, str, str], None] | None = None
    display: Callable[[str, dict[str, Any], dict[str, Any]], None] | None = None
    started: Callable[[Running], None] | None = None
    tick: Callable[[], None] | None = None
    seconds: float = 0.25
