"""A map elsewhere: the same call, worked on by processes that another engine has.

Lives in the process that calls it. Chunks of items travel; what comes of them is what the map of
this machine makes of them, and in the same order. No engine is imported here: who gives one has it.
"""

from codeexec_magics.engine.scaling.crew import check
from codeexec_magics.engine.scaling.execution import ScaledExecution, packed_inputs

__all__ = ["ScaledExecution", "check", "packed_inputs"]
