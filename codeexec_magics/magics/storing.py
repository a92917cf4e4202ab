"""Bind a cell's variables: all of them at once, or none.

Runs in the kernel.
"""

from __future__ import annotations

import builtins
import re
import sys
from dataclasses import dataclass, replace
from typing import Any

from codeexec_magics.errors import DecodingFailed
from codeexec_magics.magics.namespace import pick_outputs
from codeexec_magics.magics.plan import Plan
from codeexec_magics.magics.request import Arguments
from codeexec_magics.values.results import ExecutionResult, Outcome
from codeexec_magics.values.traces import Trace

_COLOURS = re.compile(r"\x1b\[[\d;:]*m")


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of the value.

    Attributes:
        target: The variables that took it, as text; None if none did.
        problem: Why they could not.
    """

    target: str | None = None
    problem: DecodingFailed | None = None

    def shown(self, result: ExecutionResult) -> ExecutionResult:
        """The result as it is shown: a failure, if its value could not be bound."""
        if self.problem is None or not result.success:
            return result
        kind, message = type(self.problem).__name__, str(self.problem)
        trace = Trace(type=kind, message=message, text=f"{kind}: {message}")
        return replace(
            result, outcome=Outcome.FAILED, error=trace.headline, trace=trace, output=None
        )


def store(shell: Any, plan: Plan, result: ExecutionResult | None) -> Stored:
    """Bind what the line names.

    Args:
        shell: IPython's shell.
        plan: What was to be run.
        result: What came of it; None if the program was only given a name.
    """
    arguments = plan.arguments
    bindings: dict[str, Any] = {}
    if result is not None:
        bindings = _records(arguments, result)
    stored = Stored()
    if result is None or result.success:
        try:
            found = {} if result is None else pick_outputs(result.output, arguments.outputs)
            if arguments.name is not None:
                found[arguments.name] = plan.as_transform()
            if arguments.expect is None:  # else the cell fails by its success, and binds nothing
                bindings |= found
                stored = Stored(target=", ".join(arguments.outputs) or None)
        except DecodingFailed as problem:
            stored = Stored(problem=problem)
    if arguments.name is not None and arguments.name in bindings:
        _tell_of_builtin(shell, arguments.name)
    # One step, so that an interrupt comes before it or after it.
    shell.push(bindings)
    return stored


def _tell_of_builtin(shell: Any, name: str) -> None:
    """Say that a function of Python's own is hidden from now on."""
    if hasattr(builtins, name) and name not in shell.user_ns:
        told = f"{name} is now this transform, in place of Python's own; `del {name}` undoes it\n"
        sys.stderr.write(told)


def _records(arguments: Arguments, result: ExecutionResult) -> dict[str, Any]:
    """What is bound whatever the outcome."""
    wanted = (
        (arguments.result, result),
        (arguments.stdout, _COLOURS.sub("", result.stdout)),
        (arguments.stderr, _COLOURS.sub("", result.stderr)),
    )
    return {name: value for name, value in wanted if name is not None}
