"""Pipelines: steps of code in several languages, and a runner that leaves nothing behind.

Runs in the process that loads and runs a pipeline; needs no IPython. Beside the engine, on its
public names; PyYAML is imported for YAML files only.
"""

from __future__ import annotations

from codeexec_magics.pipelines.model import Pipeline
from codeexec_magics.pipelines.results import PipelineResult, State, StepResult
from codeexec_magics.pipelines.step import Absent, Reference, Retries, Step

__all__ = [
    "Absent",
    "Pipeline",
    "PipelineResult",
    "PipelineRunner",
    "Reference",
    "Retries",
    "State",
    "Step",
    "StepResult",
]


def __getattr__(name: str) -> object:
    if name == "PipelineRunner":  # late: a pipeline may be read where nothing is run
        from codeexec_magics.pipelines.runner import PipelineRunner

        return PipelineRunner
    raise AttributeError(f"module 'codeexec_magics.pipelines' has no attribute {name!r}")
