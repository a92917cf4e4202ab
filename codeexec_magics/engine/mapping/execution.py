"""A map from its first item to its result.

Lives in the kernel, in the thread that executes; there is no other. Owns the loop for the time of
the map. On return nothing of it is left, whatever happened.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from codeexec_magics.data.conversion import convert
from codeexec_magics.data.rows import floats_again, is_frame, no_rows, rows_of
from codeexec_magics.engine.displays import Displays
from codeexec_magics.engine.execution import judge
from codeexec_magics.engine.loop import Loop
from codeexec_magics.engine.mapping.failures import ItemFailure
from codeexec_magics.engine.mapping.items import Items
from codeexec_magics.engine.mapping.lines import Lines
from codeexec_magics.engine.mapping.plan import MapPlan
from codeexec_magics.engine.mapping.pool import Pool
from codeexec_magics.engine.observer import Observer
from codeexec_magics.engine.outcome import Facts, compose
from codeexec_magics.engine.task import Task
from codeexec_magics.errors import CodeExecError, DataError, InvalidOptions
from codeexec_magics.languages import Language
from codeexec_magics.leases.client import SupervisorClient
from codeexec_magics.leases.lease import Exit
from codeexec_magics.values.journal import log_end, log_start
from codeexec_magics.values.options import ExecutionOptions, Program
from codeexec_magics.values.results import ExecutionResult, Outcome


class MapExecution:
    """One map; made and used once.

    Args:
        program: Its function is called for each item.
        language: The program's language.
        options: The limits and surroundings; ``timeout`` and ``cpu_time`` are for each item, the
            others for each worker.
        plan: How items are handed out.
        observer: Who hears of it.
    """

    def __init__(
        self,
        program: Program,
        language: Language,
        options: ExecutionOptions,
        plan: MapPlan,
        observer: Observer,
    ) -> None:
        self._program = program
        self._language = language
        self._options = options
        self._plan = plan
        self._observer = observer
        self._displays = Displays(observer.display, trusted=not options.sandbox)
        self._is_foreign = not language.reads_pickle
        self._models: tuple[object, ...] = ()
        self._lines = {
            name: Lines(name, options.kept_output, observer.output) for name in ("stdout", "stderr")
        }

    def run(
        self, client: SupervisorClient, items: Iterable[Any], inputs: Mapping[str, Any]
    ) -> ExecutionResult:
        """Map the items and return the result: its ``output`` is the list of values, in order.

        Args:
            client: Where the workers come from.
            items: Any iterable; it is drawn from as far as items are needed.
            inputs: What all items share, by name.

        Raises:
            BaseException: Whatever the iterable throws.
        """
        facts = Facts(
            self._language.name,
            self._options.timeout,
            limits=self._options.limits(),
            trusted=not self._options.sandbox,
        )
        try:
            rows = rows_of(items, missing_as_none=self._is_foreign)
        except DataError as error:
            return compose(replace(facts, refusal=error))
        if self._is_foreign and is_frame(items):
            self._models = (items,)
        loop = Loop(client, self._printed, self._observer.timers)
        task = self._task(inputs, loop)
        pool = Pool(client, loop, task, self._plan, Items(rows), self._lines)
        log_start(facts.language, facts.timeout)
        facts = self._served(client, facts, loop, task, pool)
        if pool.thrown is not None:
            raise pool.thrown
        result = self._judged(facts, pool)
        log_end(result)
        return result

    def _task(self, inputs: Mapping[str, Any], loop: Loop) -> Task:
        return Task(
            self._program,
            self._language,
            self._options,
            inputs,
            self._observer,
            loop.shield,
            self._displays,
        )

    def _served(
        self, client: SupervisorClient, facts: Facts, loop: Loop, task: Task, pool: Pool
    ) -> Facts:
        """Have the pool serve, if the program is sound; what is known of the map then."""
        began = time.monotonic()
        values: list[Any] | None = None
        refusal: Exception | None = None
        try:
            with loop:
                if self._observer.started is not None:
                    self._observer.started(loop)
                facts = replace(facts, verdict=judge(loop, client, task, mapped=True))
                if facts.verdict.trace is None and not loop.interrupted:
                    pool.serve()
            values = self._converted(pool.outcomes.values)
        except (CodeExecError, OSError, MemoryError) as error:
            refusal = error
        except KeyboardInterrupt:
            if not loop.shield.count:
                raise  # none of those that the shield lets through
        pool.report()
        return replace(
            facts,
            exit=_together(pool.exits),
            stopped=pool.stopped,
            value=values,
            has_value=values is not None,
            refusal=refusal,
            interrupted=loop.shield.count > 0,
            seconds=time.monotonic() - began,
            stdout=self._printed("stdout"),
            stderr=self._printed("stderr"),
            displays=self._displays.kept,
            containment=pool.containment,
            left=loop.left,
        )

    def _converted(self, values: list[Any]) -> Any:
        """The values in the form that is asked for: columns of the frame have its types again."""
        form = self._options.converter
        if self._models and form in ("auto", "records"):
            floats_again(values, self._models[0])
        elif self._models and not values and form != "numpy":
            return convert(no_rows(self._models[0]), form, "result", self._models)
        return convert(values, form, "result", self._models)

    def _printed(self, stream: str) -> str:
        return self._lines[stream].text()

    def _judged(self, facts: Facts, pool: Pool) -> ExecutionResult:
        """How the map has ended."""
        result = compose(facts)
        if result.outcome is Outcome.INTERRUPTED or facts.refusal or facts.verdict.trace:
            return result
        if pool.fault is not None:
            fault = pool.fault
            return replace(
                result,
                outcome=fault.outcome,
                output=None,
                error=fault.error,
                trace=fault.trace,
                exit_code=fault.exit_code,
            )
        if pool.outcomes.failures and self._plan.on_error != "collect":
            return self._failed(result, pool.outcomes.failures, pool.drawn)
        return result

    def _failed(
        self, result: ExecutionResult, failures: Mapping[int, ItemFailure], drawn: int
    ) -> ExecutionResult:
        failure = failures[min(failures)]
        trace, others = failure.noted(), ""
        if len(failures) > 1 and self._plan.on_error != "stop":  # else their number is luck
            counted = f"{len(failures):,} of {drawn:,} items failed"
            trace, others = replace(trace, notes=(*trace.notes, counted)), f"; {counted}"
        return replace(
            result,
            outcome=failure.outcome,
            output=None,
            error=f"{failure.error} ({failure.place}{others})",
            trace=trace,
            exit_code=failure.exit_code,
        )


def check(language: Language, items: object) -> None:
    """Refuse what cannot be mapped, before anything is started.

    Args:
        language: The program's language.
        items: What is to be mapped.

    Raises:
        InvalidOptions: There is nothing to iterate, or the language does not map.
    """
    if not language.maps:
        raise InvalidOptions(f"{language.name} does not map")
    if not isinstance(items, Iterable) and not is_frame(items):
        raise InvalidOptions(f"what is mapped must be iterable, not {type(items).__name__}")


def _together(exits: list[Exit]) -> Exit:
    """What all workers have used, as if it were one."""
    times = [ended.cpu_time for ended in exits if ended.cpu_time is not None]
    peaks = [ended.peak_memory for ended in exits if ended.peak_memory is not None]
    return Exit(
        "exit",
        cpu_time=sum(times) if times else None,
        peak_memory=max(peaks, default=None),
        reaped=sum(ended.reaped for ended in exits),
        forced=sum(ended.forced for ended in exits),
        left=sum(ended.left for ended in exits),
    )
