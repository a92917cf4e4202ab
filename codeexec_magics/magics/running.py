"""Run what a plan says, and wait for its result.

Runs in the kernel, in the thread that executes. The mapping itself is imported with the first map.
"""

from __future__ import annotations

from IPython.core.error import UsageError

from codeexec_magics.engine.observer import Observer
from codeexec_magics.engine.transform import shared_executor
from codeexec_magics.errors import InvalidOptions
from codeexec_magics.magics.plan import Plan
from codeexec_magics.values.results import ExecutionResult


def run(plan: Plan, shown_output: int, observer: Observer) -> ExecutionResult | None:
    """Run a program, or map its function; None if the program is only to be given a name.

    Args:
        plan: What is run.
        shown_output: Characters of each stream that the cell shows.
        observer: Who hears of it.

    Raises:
        UsageError: The items, or a limit, cannot be mapped so.
        BaseException: Whatever the iterable throws.
    """
    if plan.refusal is not None or not plan.arguments.runs:
        return plan.refusal
    options = plan.run_options(shown_output)
    if plan.arguments.mapping is None:
        return shared_executor().run(plan.program, options, plan.inputs, observer, label=plan.label)
    from codeexec_magics.engine.mapping import MapPlan

    mapping = plan.arguments.mapping
    try:
        return shared_executor().map(
            plan.program,
            options,
            plan.items,
            plan.inputs,
            observer,
            plan=MapPlan(**mapping.plan),
            label=plan.label,
        )
    except InvalidOptions as error:
        raise UsageError(f"--map {mapping.expression}: {error}") from None
