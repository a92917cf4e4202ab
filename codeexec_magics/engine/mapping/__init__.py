"""Many items: one program's function called for each, on a pool of workers that can be killed.

Lives in the kernel, in the thread that executes. Each worker is a run as any other is, with its own
lease, reaper and containment; it serves items of this one map, and ends with it.
"""

from codeexec_magics.engine.mapping.execution import MapExecution, check
from codeexec_magics.engine.mapping.failures import ItemFailure
from codeexec_magics.engine.mapping.plan import MapPlan

__all__ = ["ItemFailure", "MapExecution", "MapPlan", "check"]
