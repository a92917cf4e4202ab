"""A map as a stream of its values: on another engine, or in processes of this machine.

Lives in the process that calls it. On this machine the chunks go to threads of this process, each
of which has a process of the program: what holds elsewhere holds here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from codeexec_magics.engine import mapping
from codeexec_magics.engine.mapping import MapPlan
from codeexec_magics.engine.observer import Observer
from codeexec_magics.engine.scaling.crew import check
from codeexec_magics.engine.scaling.execution import ScaledExecution, packed_inputs
from codeexec_magics.languages import find
from codeexec_magics.values.options import ExecutionOptions, Program


def stream(
    program: Program,
    label: str,
    items: Iterable[Any],
    inputs: Mapping[str, Any],
    options: ExecutionOptions,
    plan: MapPlan,
    observer: Observer,
) -> Iterator[Any]:
    """The values of a program's function for each of many items, in order.

    Args:
        program: Its function is called.
        label: What the map is called.
        items: Any iterable.
        inputs: What all items share, by name.
        options: As for a map.
        plan: As for a map.
        observer: Who hears of it.

    Raises:
        InvalidOptions: The items or the place cannot be meant.
        EncodingFailed: The inputs cannot travel.
    """
    language = find(program.language)
    mapping.check(language, items)
    if plan.on is not None:
        check(plan.on)
    packed_inputs(inputs)

    def values() -> Iterator[Any]:
        if plan.on is not None:
            yield from _execution(plan).stream(items, inputs)
            return
        with ThreadPoolExecutor(plan.most_workers, "codeexec-stream") as threads:
            here = replace(plan, on=threads)
            yield from _execution(here).stream(items, inputs)

    def _execution(plan: MapPlan) -> ScaledExecution:
        return ScaledExecution(program, language, options, plan, observer, label)

    return values()
