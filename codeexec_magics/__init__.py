"""Notebook cells that run in another process and never leave anything behind.

The public names are loaded at first use, so that importing the package costs nothing. What is in
``__all__``, and in `codeexec_magics.errors` and `codeexec_magics.languages`, is kept stable; other
modules may change with any release.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from codeexec_magics.protocol.imports import install

if TYPE_CHECKING:
    from codeexec_magics import errors as errors
    from codeexec_magics.engine import runs as runs
    from codeexec_magics.engine.executor import CodeExecutor
    from codeexec_magics.engine.jobs import Job
    from codeexec_magics.engine.mapping import ItemFailure, MapPlan
    from codeexec_magics.engine.transform import Transform
    from codeexec_magics.languages import Language
    from codeexec_magics.pipelines import Pipeline, PipelineResult, PipelineRunner
    from codeexec_magics.values.options import ExecutionOptions, Program
    from codeexec_magics.values.results import ExecutionResult, Outcome, Receipt
    from codeexec_magics.values.traces import StackFrame, Trace

__version__ = "0.1.0"

__all__ = [
    "CodeExecutor",
    "ExecutionOptions",
    "ExecutionResult",
    "ItemFailure",
    "Job",
    "Language",
    "MapPlan",
    "Outcome",
    "Pipeline",
    "PipelineResult",
    "PipelineRunner",
    "Program",
    "Receipt",
    "StackFrame",
    "Trace",
    "Transform",
    "__version__",
    "errors",
    "load_ipython_extension",
    "runs",
    "unload_ipython_extension",
]

install()

_HOMES = {
    "CodeExecutor": "engine.executor",
    "ExecutionOptions": "values.options",
    "ExecutionResult": "values.results",
    "ItemFailure": "engine.mapping",
    "Job": "engine.jobs",
    "Language": "languages",
    "MapPlan": "engine.mapping",
    "Outcome": "values.results",
    "Pipeline": "pipelines",
    "PipelineResult": "pipelines",
    "PipelineRunner": "pipelines",
    "Program": "values.options",
    "Receipt": "values.results",
    "StackFrame": "values.traces",
    "Trace": "values.traces",
    "Transform": "engine.transform",
}

_MODULES = {"errors": "errors", "runs": "engine.runs"}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in _MODULES:
        return import_module(f"codeexec_magics.{_MODULES[name]}")
    if name in _HOMES:
        return getattr(import_module(f"codeexec_magics.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'codeexec_magics' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)


def load_ipython_extension(ipython: Any) -> None:
    """Register the magics with IPython; called by ``%load_ext codeexec_magics``."""
    from codeexec_magics import magics

    magics.load(ipython)


def unload_ipython_extension(ipython: Any) -> None:
    """Take the magics away again and end the supervisor; called by ``%unload_ext``."""
    from codeexec_magics import magics

    magics.unload(ipython)
