"""A map elsewhere, from its first item to its result, or to a stream of values.

Lives in the process that calls it, in the thread that does; on return nothing of it is left, there
or elsewhere, as far as the engine can reach.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from codeexec_magics.data.rows import is_frame, rows_of
from codeexec_magics.engine.mapping.execution import converted
from codeexec_magics.engine.mapping.failures import ItemFailure, judged
from codeexec_magics.engine.mapping.items import Items
from codeexec_magics.engine.mapping.lines import Lines
from codeexec_magics.engine.mapping.plan import MapPlan
from codeexec_magics.engine.observer import Observer
from codeexec_magics.engine.outcome import Facts, compose
from codeexec_magics.engine.scaling.crew import crew_of
from codeexec_magics.engine.scaling.flight import Flight
from codeexec_magics.engine.scaling.order import Farewell, Mission, packed, version
from codeexec_magics.errors import CodeExecError, DataError
from codeexec_magics.languages import Language
from codeexec_magics.leases.figures import RunFigures
from codeexec_magics.leases.lease import Exit
from codeexec_magics.leases.shield import Shield
from codeexec_magics.values.options import ExecutionOptions, Program
from codeexec_magics.values.results import ExecutionResult, Outcome

_PATIENCE = 2.0
"""Seconds, besides the grace, that processes elsewhere have to end."""


class ScaledExecution:
    """One map; made and used once. What is under way, as `Running` says.

    Args:
        program: Its function is called for each item.
        language: The program's language.
        options: As for a map of this machine; directory and environment are the workers'.
        plan: How items are handed out, and where.
        observer: Who hears of it.
        label: What the map is called.
    """

    def __init__(
        self,
        program: Program,
        language: Language,
        options: ExecutionOptions,
        plan: MapPlan,
        observer: Observer,
        label: str,
    ) -> None:
        self._program = program
        self._language = language
        self._options = options
        self._plan = plan
        self._observer = observer
        self._label = label
        self._shield = Shield()
        self._lines = {
            name: Lines(name, options.kept_output, observer.output) for name in ("stdout", "stderr")
        }
        self._flight: Flight | None = None
        self._total: int | None = None

    @property
    def under_way(self) -> bool:
        """Whether it has processes, somewhere."""
        return self._flight is not None

    @property
    def asked(self) -> bool:
        """Whether it has been asked to end."""
        return self._shield.count > 0

    def figures(self) -> RunFigures:
        """None are known of processes that are elsewhere."""
        return RunFigures()

    def printed(self, stream: str) -> str:
        """What is kept of a stream so far."""
        return self._lines[stream].text()

    def interrupt(self) -> None:
        """Interrupt it; may be called from any thread."""
        self._shield.interrupt()

    def run(self, items: Iterable[Any], inputs: Mapping[str, Any]) -> ExecutionResult:
        """Map the items and return the result: its ``output`` is the list of values, in order.

        Args:
            items: Any iterable; it is drawn from as far as items are needed.
            inputs: What all items share, by name.

        Raises:
            InvalidOptions: What the plan says of the place cannot be meant.
            BaseException: Whatever the iterable throws.
        """
        began = time.monotonic()
        try:
            flight = self._begin(items, inputs)
        except DataError as error:
            return compose(Facts(self._language.name, self._options.timeout, refusal=error))
        values: list[Any] = []
        ended: tuple[list[Farewell], int] = ([], 0)
        with self._shield:
            if self._observer.started is not None:
                self._observer.started(self)
            try:
                while (part := flight.next(self._shield)) is not None:
                    values += part
                    self._report()
            except KeyboardInterrupt:
                if not self._shield.count:
                    raise
                flight.is_interrupted = True
            finally:
                ended = self._end(flight)
        facts = replace(self._facts(flight, *ended), seconds=time.monotonic() - began)
        return self._result(facts, flight, values, items, unconfirmed=ended[1])

    def stream(self, items: Iterable[Any], inputs: Mapping[str, Any]) -> Iterator[Any]:
        """The values, one by one and in order, as far as somebody takes them.

        Raises:
            ExecutionFailed: At the item that fails; at the end, if it was to go on.
        """
        flight = self._begin(items, inputs)
        ended: tuple[list[Farewell], int] = ([], 0)
        try:
            while True:
                with self._shield:
                    try:
                        part = flight.next(self._shield)
                    except KeyboardInterrupt:
                        flight.is_interrupted, part = True, None
                if part is None:
                    break
                if flight.failures and self._plan.on_error == "stop":
                    part = part[: _first_failure(part)]
                yield from part
        finally:
            with Shield() as self._shield:
                ended = self._end(flight)
        result = self._result(self._facts(flight, *ended), flight, [], (), unconfirmed=ended[1])
        if result.outcome is Outcome.INTERRUPTED:
            raise KeyboardInterrupt(result.error or "the map was interrupted")
        result.raise_for_outcome()

    def _begin(self, items: Iterable[Any], inputs: Mapping[str, Any]) -> Flight:
        is_foreign = not self._language.reads_pickle
        rows = rows_of(items, missing_as_none=is_foreign)
        shared = packed_inputs(inputs)
        plan = self._plan
        crew = crew_of(plan.on, plan.workers, once=plan.batch == 1)
        mission = Mission(
            map=secrets.token_hex(8),
            label=self._label,
            program=self._program,
            options=replace(self._options, converter="auto"),
            inputs=crew.share(shared),
            on_error=plan.on_error,
            batch=plan.batch,
            version=version(),
            lifeline=crew.lifeline,
        )
        drawn = Items(rows)
        self._total = drawn.total
        self._flight = Flight(crew, mission, drawn, self._print, self._observer.timers)
        return self._flight

    def _end(self, flight: Flight) -> tuple[list[Farewell], int]:
        said, silent = flight.end(self._options.grace + _PATIENCE)
        for farewell in said:
            for stream, text in farewell.printed.items():
                self._print(stream, text)
        for lines in self._lines.values():
            lines.end(0)
        self._report()
        self._flight = None
        return said, silent

    def _facts(self, flight: Flight, said: list[Farewell], silent: int) -> Facts:
        times = [one.cpu_time for one in said if one.cpu_time is not None]
        peaks = [one.peak_memory for one in said if one.peak_memory is not None]
        tiers = {one.receipt.containment for one in said} - {""}
        return Facts(
            self._language.name,
            self._options.timeout,
            limits=self._options.limits(),
            exit=Exit(
                "exit",
                cpu_time=sum(times) if times else None,
                peak_memory=max(peaks, default=None),
                reaped=sum(one.receipt.reaped for one in said),
                forced=sum(one.receipt.forced for one in said),
                left=sum(one.receipt.left for one in said),
            ),
            interrupted=flight.is_interrupted,
            stdout=self.printed("stdout"),
            stderr=self.printed("stderr"),
            containment=", ".join(sorted(tiers)),
            trusted=not self._options.sandbox,
        )

    def _result(
        self,
        facts: Facts,
        flight: Flight,
        values: list[Any],
        items: Iterable[Any],
        *,
        unconfirmed: int,
    ) -> ExecutionResult:
        try:
            is_model = not self._language.reads_pickle and is_frame(items)
            models = (items,) if is_model else ()
            output = converted(values, self._options.converter, models)
            facts = replace(facts, value=output, has_value=True)
        except CodeExecError as error:
            facts = replace(facts, refusal=error)
        result = compose(facts)
        if not flight.is_interrupted and facts.refusal is None:
            how, drawn = self._plan.on_error, flight.drawn
            result = judged(result, flight.fault, flight.failures, drawn, how)
        receipt = replace(result.receipt, unconfirmed=unconfirmed, lost=flight.lost_workers)
        return replace(result, receipt=receipt)

    def _print(self, stream: str, text: str) -> None:
        if text:
            self._lines[stream].taker(0)(stream, text if text.endswith("\n") else f"{text}\n")

    def _report(self) -> None:
        flight = self._flight
        if self._observer.progress is not None and flight is not None:
            failed = f", {len(flight.failures):,} failed" if flight.failures else ""
            self._observer.progress(flight.done, self._total, f"items{failed}")


def packed_inputs(inputs: Mapping[str, Any]) -> bytes:
    """What all items share, as bytes.

    Raises:
        EncodingFailed: One of them cannot travel; it is named.
    """
    for name, value in inputs.items():
        packed(value, f"inputs.{name}")
    return packed(dict(inputs), "inputs")


def _first_failure(values: list[Any]) -> int:
    for place, value in enumerate(values):
        if isinstance(value, ItemFailure):
            return place
    return len(values)
