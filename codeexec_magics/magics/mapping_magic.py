"""``--map``: what the line says of many items, and the call.

Runs in the kernel. The mapping itself is imported with the first call.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError

from codeexec_magics.errors import InvalidOptions
from codeexec_magics.magics.flags import nearest
from codeexec_magics.values.options import parse_count

if TYPE_CHECKING:
    from codeexec_magics.engine.execution import Observer
    from codeexec_magics.magics.plan import Plan
    from codeexec_magics.values.options import ExecutionOptions
    from codeexec_magics.values.results import ExecutionResult

_ON_ERROR = {"stop": "stop", "go-on": "go on", "collect": "collect"}
_ONLY_OF_MAPS = ("workers", "batch", "on_error")


@dataclass(frozen=True, slots=True)
class MapArguments:
    """What the line says of items.

    Attributes:
        expression: The Python expression whose value is iterated.
        plan: The fields of `MapPlan` that are given.
    """

    expression: str
    plan: Mapping[str, Any]


def mapping_of(given: argparse.Namespace) -> MapArguments | None:
    """What the line says of items; None if it says nothing.

    Raises:
        UsageError: It cannot be meant.
    """
    if given.map is None:
        for name in _ONLY_OF_MAPS:
            if getattr(given, name) is not None:
                raise UsageError(f"--{name.replace('_', '-')} is about items: it needs --map")
        return None
    try:
        compile(given.map, "<--map>", "eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = getattr(error, "msg", None) or str(error)
        raise UsageError(f"--map {given.map}: this is no Python expression: {reason}") from None
    plan: dict[str, Any] = {"on_error": _on_error(given.on_error)}
    for name in ("workers", "batch"):
        text = getattr(given, name)
        try:
            plan[name] = None if text is None else parse_count(text)
        except InvalidOptions as error:
            raise UsageError(f"--{name}: {error}") from None
    return MapArguments(given.map, plan)


def read_items(
    arguments: MapArguments,
    user_namespace: Mapping[str, Any],
    local_namespace: Mapping[str, Any],
) -> Any:
    """What is to be iterated.

    Args:
        arguments: What the line says of items.
        user_namespace: The notebook's variables.
        local_namespace: Those of the function that calls a line magic; they come first.

    Raises:
        UsageError: A variable is missing, or the expression throws.
    """
    from codeexec_magics.magics.arguments import Input  # late: it imports this module
    from codeexec_magics.magics.namespace import read_inputs

    entry = Input("items", arguments.expression)
    try:
        return read_inputs([entry], user_namespace, local_namespace)["items"]
    except UsageError as error:
        raise UsageError(str(error).replace("-i items=", "--map ", 1)) from None


def run_map(
    arguments: MapArguments,
    plan: Plan,
    options: ExecutionOptions,
    items: Any,
    inputs: Mapping[str, Any],
    observer: Observer,
) -> ExecutionResult:
    """Map the items; the result's value is the list of values.

    Args:
        arguments: What the line says of items.
        plan: What is run.
        options: How it is run.
        items: What is iterated.
        inputs: What all items share, by name.
        observer: Who hears of it.

    Raises:
        UsageError: The items, or a limit, cannot be mapped so.
        BaseException: Whatever the iterable throws.
    """
    from codeexec_magics.engine.mapping import MapPlan
    from codeexec_magics.engine.transform import shared_executor

    try:
        return shared_executor().map(
            plan.program,
            options,
            items,
            inputs,
            observer,
            plan=MapPlan(**arguments.plan),
            label=plan.label,
        )
    except InvalidOptions as error:
        raise UsageError(f"--map {arguments.expression}: {error}") from None


def _on_error(text: str | None) -> str:
    if text is not None and text not in _ON_ERROR:
        known = ", ".join(_ON_ERROR)
        raise UsageError(f"--on-error is one of {known}, not {text!r}{nearest(text, _ON_ERROR)}")
    return _ON_ERROR[text or "stop"]
