"""The magics: registered by ``%load_ext codeexec_magics``.

Lives in the kernel; the only part of the package that knows IPython. Loading registers names and
starts nothing; the executor that cells share is made at the first cell and closed on unloading.
"""

from __future__ import annotations

import sys
from typing import Any

from codeexec_magics.magics.help import line_for_help
from codeexec_magics.magics.transform_magic import TransformMagics

__all__ = ["TransformMagics", "load", "unload"]

_NAMES = {
    "line": (
        *("transform", "transform_config", "transform_doctor", "transform_pipeline"),
        *("transform_ps", "transform_kill"),
    ),
    "cell": ("transform",),
}
_JOB = ("codeexec_magics.engine.jobs", "Job")


def load(ipython: Any) -> None:
    """Register the magics and their completion; a second call starts with the defaults."""
    from codeexec_magics.magics import completion

    _take_away(ipython)
    magics = TransformMagics(ipython)
    ipython.register_magics(magics)
    ipython.events.register("pre_run_cell", magics.begin_cell)
    ipython.events.register("post_run_cell", magics.end_cell)
    formatter = ipython.display_formatter
    formatter.mimebundle_formatter.for_type_by_name(*_JOB, magics.job_card)
    formatter.ipython_display_formatter.for_type_by_name(*_JOB, magics.show_job)
    ipython.input_transformers_cleanup.append(line_for_help)
    completion.attach(ipython)


def unload(ipython: Any) -> None:
    """Take the magics away, and end what their executor holds."""
    _take_away(ipython)
    transform = sys.modules.get("codeexec_magics.engine.transform")
    if transform is not None:
        transform.close_shared_executor()
    sharing = sys.modules.get("codeexec_magics.leases.sharing")
    if sharing is not None:
        sharing.Share().give_back()  # a supervisor may have been started for a cell that never ran


def _take_away(ipython: Any) -> None:
    """Unregister all that `load` has registered."""
    from codeexec_magics.magics import completion

    completion.detach(ipython)
    formatter = ipython.display_formatter
    formatter.mimebundle_formatter.pop(".".join(_JOB), None)
    formatter.ipython_display_formatter.pop(".".join(_JOB), None)
    # By name: after a reload of the modules the class is another one.
    there = [one for one in ipython.configurables if type(one).__name__ == "TransformMagics"]
    for magics in there:
        ipython.configurables.remove(magics)
        ipython.events.unregister("pre_run_cell", magics.begin_cell)
        ipython.events.unregister("post_run_cell", magics.end_cell)
    transformers = ipython.input_transformers_cleanup
    name = line_for_help.__name__  # after a reload it is another function
    transformers[:] = [one for one in transformers if getattr(one, "__name__", "") != name]
    for kind, names in _NAMES.items():
        for name in names:
            ipython.magics_manager.magics[kind].pop(name, None)
