"""Run what a plan says, and wait for its result or leave it to a job.

Runs in the kernel, in the thread that executes. The mapping itself is imported with the first map.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError

from codeexec_magics.engine.observer import Observer
from codeexec_magics.engine.transform import shared_executor
from codeexec_magics.errors import InvalidOptions
from codeexec_magics.magics.plan import Plan
from codeexec_magics.magics.request import MapArguments
from codeexec_magics.values.results import ExecutionResult

if TYPE_CHECKING:
    from codeexec_magics.engine.jobs import Ended, Job
    from codeexec_magics.engine.mapping import MapPlan


def run(plan: Plan, shown_output: int, observer: Observer) -> ExecutionResult | None:
    """Run a program, or map its function; None if the program is only to be given a name.

    Args:
        plan: What is run.
        shown_output: Characters of each stream that the cell shows.
        observer: Who hears of it.

    Raises:
        UsageError: The items, a limit, or the current directory cannot be meant.
        BaseException: Whatever the iterable throws.
    """
    if plan.refusal is not None or not plan.arguments.runs:
        return plan.refusal
    options = plan.run_options(shown_output)
    executor, mapping = shared_executor(), plan.arguments.mapping
    with _refusals_of(mapping):
        if mapping is None:
            return executor.run(plan.program, options, plan.inputs, observer, label=plan.label)
        return executor.map(
            plan.program,
            options,
            plan.items,
            plan.inputs,
            observer,
            plan=_map_plan(mapping, plan.place),
            label=plan.label,
        )


def start(plan: Plan, observer: Observer, ended: Ended) -> Job:
    """The same in the background; returns when the inputs have been read.

    Args:
        plan: What is run.
        observer: Who hears of it, in the job's thread.
        ended: Called with the result, before anybody else has it; what it returns is the job's.

    Raises:
        UsageError: The items, a limit, or the current directory cannot be meant.
    """
    executor, mapping = shared_executor(), plan.arguments.mapping
    with _refusals_of(mapping):
        if mapping is None:
            return executor.start(
                plan.program, plan.options, plan.inputs, observer, label=plan.label, ended=ended
            )
        return executor.start_map(
            plan.program,
            plan.options,
            plan.items,
            plan.inputs,
            observer,
            plan=_map_plan(mapping, plan.place),
            label=plan.label,
            ended=ended,
        )


def _map_plan(mapping: MapArguments, place: Any) -> MapPlan:
    from codeexec_magics.engine.mapping import MapPlan

    return MapPlan(**mapping.plan, on=place)


@contextlib.contextmanager
def _refusals_of(mapping: MapArguments | None) -> Iterator[None]:
    """What the engine refuses is wrong usage; of items it is told of the flag that names them."""
    try:
        yield
    except InvalidOptions as error:
        flag = f"--map {mapping.expression}: " if mapping is not None else ""
        raise UsageError(f"{flag}{error}") from None
