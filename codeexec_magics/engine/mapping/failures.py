"""What came of the items: values in their places, and those that gave none, as data.

Lives in the kernel.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from codeexec_magics.engine.mapping.items import Batch
from codeexec_magics.values.results import ExecutionResult, Outcome
from codeexec_magics.values.traces import Trace

_LONGEST_REPR = 80
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


@dataclass(frozen=True, slots=True)
class ItemFailure:
    """An item that failed; with ``on_error="collect"`` it stands where the value would.

    Attributes:
        index: The item's place, counted from 0.
        item: The item's ``repr``, shortened.
        outcome: How it ended.
        error: One line, ``Type: message``.
        trace: The failure as data, where there is one.
        exit_code: As in `ExecutionResult`: 1 after an exception, else the process's own.
        value: The item itself.
    """

    index: int
    item: str
    outcome: Outcome
    error: str
    trace: Trace | None = field(default=None, repr=False)
    exit_code: int | None = 1
    value: Any = field(default=None, repr=False, compare=False)

    @classmethod
    def of(cls, index: int, item: object, result: ExecutionResult) -> ItemFailure:
        """The failure of an item whose run ended so."""
        error = result.error or result.outcome.value
        return cls(index, short(item), result.outcome, error, result.trace, result.exit_code, item)

    @property
    def stack_trace(self) -> str | None:
        """The failure's whole text; None where there is none."""
        return self.trace.text if self.trace and self.trace.text else None

    @property
    def place(self) -> str:
        """Which item it was, in words."""
        return f"item {self.index}: {self.item}"

    def noted(self) -> Trace:
        """The trace, with a note that names the item."""
        if self.trace is None:
            kind, _, message = self.error.partition(": ")
            return Trace(type=kind, message=message, notes=(self.place,), text=self.error)
        text = f"{self.trace.text}\n{self.place}" if self.trace.text else ""
        return replace(self.trace, notes=(*self.trace.notes, self.place), text=text)


class Outcomes:
    """The values and failures of one map.

    Attributes:
        values: By the index of the item; None where nothing has come yet, a failure where the item
            failed.
        failures: The items that failed, by index.
        done: How many items are done with.
    """

    def __init__(self) -> None:
        self.values: list[Any] = []
        self.failures: dict[int, ItemFailure] = {}
        self.done = 0

    def expect(self, batch: Batch) -> None:
        """Have places for a batch."""
        missing = batch.first + len(batch.items) - len(self.values)
        if missing > 0:
            self.values += [None] * missing

    def take_values(self, first: int, values: list[Any]) -> None:
        """Take the values from one index on."""
        self.values[first : first + len(values)] = values
        self.done += len(values)

    def take_failure(self, index: int, item: object, result: ExecutionResult) -> None:
        """Take note that an item has failed."""
        self.values[index] = self.failures[index] = ItemFailure.of(index, item, result)
        self.done += 1

    @property
    def summary(self) -> str:
        """What is done, in words."""
        return f"items, {len(self.failures):,} failed" if self.failures else "items"


def judged(
    result: ExecutionResult,
    fault: ExecutionResult | None,
    failures: Mapping[int, ItemFailure],
    drawn: int,
    on_error: str,
) -> ExecutionResult:
    """The result of a map that nobody has interrupted, by what came of its items.

    Args:
        result: As far as it is known.
        fault: How a worker ended by the program's own fault, before or between its items.
        failures: The items that have failed, by index.
        drawn: How many items have been begun.
        on_error: As in `MapPlan`.
    """
    if fault is not None:
        return _ended_as(result, fault, fault.error, fault.trace)
    if not failures or on_error == "collect":
        return result
    failure = failures[min(failures)]
    trace, others = failure.noted(), ""
    if len(failures) > 1 and on_error != "stop":  # else their number is luck
        counted = f"{len(failures):,} of {drawn:,} items failed"
        trace, others = replace(trace, notes=(*trace.notes, counted)), f"; {counted}"
    return _ended_as(result, failure, f"{failure.error} ({failure.place}{others})", trace)


def _ended_as(
    result: ExecutionResult,
    cause: ExecutionResult | ItemFailure,
    error: str | None,
    trace: Trace | None,
) -> ExecutionResult:
    return replace(
        result,
        outcome=cause.outcome,
        output=None,
        error=error,
        trace=trace,
        exit_code=cause.exit_code,
    )


def short(item: Any) -> str:
    """An item in few characters, whatever its ``repr`` does."""
    try:
        text = repr(item) if _is_small(item) else f"<{type(item).__name__} of {len(item):,}>"
    except Exception:  # noqa: BLE001 - a repr is the user's code
        text = f"<{type(item).__name__}>"
    text = " ".join(_ADDRESS.sub("", text).split())  # an address differs from run to run
    return text if len(text) <= _LONGEST_REPR else text[: _LONGEST_REPR - 1] + "…"


def _is_small(item: Any) -> bool:
    """Whether writing an item out is quick; a frame or a long list is only named."""
    return not hasattr(item, "__len__") or isinstance(item, str | dict) or len(item) <= 100
