"""Notebook cells that run in another process and never leave anything behind.

The public names are loaded at first use, so that importing the package costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from codeexec_magics import errors as errors
    from codeexec_magics.executor import CodeExecutor
    from codeexec_magics.jobs import Job
    from codeexec_magics.mapping import ItemFailure, MapPlan
    from codeexec_magics.results import ExecutionResult, Outcome, Receipt
    from codeexec_magics.traces import StackFrame, Trace
    from codeexec_magics.transform import Transform

__version__ = "0.1.0"

__all__ = [
    "CodeExecutor",
    "ExecutionResult",
    "ItemFailure",
    "Job",
    "MapPlan",
    "Outcome",
    "Receipt",
    "StackFrame",
    "Trace",
    "Transform",
    "__version__",
    "errors",
    "load_ipython_extension",
    "unload_ipython_extension",
]

_HOMES = {
    "CodeExecutor": "executor",
    "ExecutionResult": "results",
    "ItemFailure": "mapping",
    "Job": "jobs",
    "MapPlan": "mapping",
    "Outcome": "results",
    "Receipt": "results",
    "StackFrame": "traces",
    "Trace": "traces",
    "Transform": "transform",
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name == "errors":
        return import_module("codeexec_magics.errors")
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
