"""A map from its first item to its result.

Lives in the kernel, in the thread that executes; there is no other. Owns the shield for the time of
the map. On return nothing of it is left, whatever happened.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from codeexec_magics.data.conversion import convert
from codeexec_magics.data.rows import rows_of
from codeexec_magics.engine.displays import Displays
from codeexec_magics.engine.execution import Observer
from codeexec_magics.engine.mapping.failures import ItemFailure
from codeexec_magics.engine.mapping.items import Items
from codeexec_magics.engine.mapping.lines import Lines
from codeexec_magics.engine.mapping.plan import MapPlan
from codeexec_magics.engine.mapping.pool import Pool
from codeexec_magics.engine.mapping.task import Task
from codeexec_magics.engine.outcome import Facts, compose
from codeexec_magics.errors import CodeExecError, DataError, InvalidOptions
from codeexec_magics.languages import Language
from codeexec_magics.leases.client import SupervisorClient
from codeexec_magics.leases.figures import RunFigures, figures_below
from codeexec_magics.leases.shield import Shield
from codeexec_magics.values.journal import log_end, log_start
from codeexec_magics.values.options import ExecutionOptions, Program
from codeexec_magics.values.results import ExecutionResult, Outcome, Receipt


class MapExecution:
    """One map; made and used once.

    Args:
        program: Its function is called for each item.
        language: The program's language.
        options: The limits and surroundings; ``timeout`` is for each item, the others for each
            worker.
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
        self._shield = Shield()
        self._pool: Pool | None = None
        # Of the whole map: each worker bounds its own, and one that is lost is replaced.
        self._displays = Displays(observer.display or _ignore_display)
        self._lines = {
            name: Lines(name, options.kept_output, observer.output) for name in ("stdout", "stderr")
        }

    @property
    def under_way(self) -> bool:
        """Whether it has processes."""
        return self._pool is not None and bool(self._pool.reapers)

    def figures(self) -> RunFigures:
        """What all workers use now. May be called from any thread."""
        return figures_below(*self._pool.reapers) if self._pool else RunFigures()

    def interrupt(self) -> None:
        """Interrupt the map; the second time, kill it. May be called from any thread."""
        self._shield.interrupt()

    def printed(self, stream: str) -> str:
        """What is kept of ``stdout`` or ``stderr`` so far. May be called from any thread."""
        return self._lines[stream].text()

    def run(
        self, client: SupervisorClient, items: Iterable[Any], inputs: Mapping[str, Any]
    ) -> ExecutionResult:
        """Map the items and return the result: its ``output`` is the list of values, in order.

        Args:
            client: Where the workers come from.
            items: Any iterable; it is drawn from as far as items are needed.
            inputs: What all items share, by name.

        Raises:
            InvalidOptions: There is nothing to iterate, or a limit that no item can be held to.
            BaseException: Whatever the iterable throws.
        """
        if self._options.cpu_time is not None:
            raise InvalidOptions("a map does not limit cpu_time: timeout is the limit of an item")
        task = Task(
            self._program, self._language, self._options, inputs, self._shield, self._displays.take
        )
        facts = Facts(self._language.name, self._options.timeout, limits=self._options.limits())
        try:
            rows = rows_of(items)
        except DataError as error:
            facts.refusal = error
            return compose(facts)
        if not isinstance(rows, Iterable):
            raise InvalidOptions(f"what is mapped must be iterable, not {type(items).__name__}")
        pool = Pool(client, task, self._plan, Items(rows), self._lines)
        log_start(facts.language, facts.timeout)
        began = time.monotonic()
        self._pool = pool
        try:
            with self._shield:
                if self._observer.started is not None:
                    self._observer.started(self)
                pool.serve(self._observer.progress, self._observer.tick)
            facts.value, facts.has_value = self._value(pool), True
        except (CodeExecError, OSError, MemoryError) as error:
            facts.refusal = error
        except KeyboardInterrupt:
            if not self._shield.count:
                raise  # none of those that the shield lets through
        facts.interrupted, facts.stopped = self._shield.count > 0, pool.stopped
        facts.left, facts.seconds = pool.left, time.monotonic() - began
        if pool.thrown is not None:
            raise pool.thrown
        result = self._with_totals(self._judged(facts, pool), pool, facts.seconds)
        log_end(result)
        return result

    def _value(self, pool: Pool) -> list[Any]:
        converted: list[Any] = convert(pool.outcomes.values, self._options.converter, "result")
        return converted

    def _judged(self, facts: Facts, pool: Pool) -> ExecutionResult:
        """How the map has ended."""
        result = compose(facts)
        if result.outcome is Outcome.INTERRUPTED or facts.refusal is not None:
            return result
        if pool.fault is not None:
            return pool.fault
        if pool.outcomes.failures and self._plan.on_error != "collect":
            return self._failed(result, pool.outcomes.failures, pool.drawn)
        return result

    def _failed(
        self, result: ExecutionResult, failures: Mapping[int, ItemFailure], drawn: int
    ) -> ExecutionResult:
        failure = failures[min(failures)]
        others = "" if len(failures) == 1 else f"; {len(failures):,} of {drawn:,} items failed"
        if self._plan.on_error == "stop":
            others = ""  # how many it were by then is luck
        return replace(
            result,
            outcome=failure.outcome,
            output=None,
            error=f"{failure.error} ({failure.place}{others})",
            trace=failure.noted(),
            exit_code=failure.exit_code,
        )

    def _with_totals(self, result: ExecutionResult, pool: Pool, seconds: float) -> ExecutionResult:
        """The result with what all workers together have used."""
        exits = pool.exits
        times = [ended.cpu_time for ended in exits if ended.cpu_time is not None]
        peaks = [ended.peak_memory for ended in exits if ended.peak_memory is not None]
        receipt = Receipt(
            sum(ended.reaped for ended in exits),
            sum(ended.forced for ended in exits),
            pool.left + sum(ended.left for ended in exits),
            pool.containment,
        )
        return replace(
            result,
            execution_time=seconds,
            cpu_time=sum(times) if times else None,
            peak_memory=max(peaks, default=None),
            stdout=self.printed("stdout"),
            stderr=self.printed("stderr"),
            receipt=receipt,
            displays=tuple(self._displays.kept),
        )


def _ignore_display(bundle: dict[str, Any], metadata: dict[str, Any]) -> None:
    """Nobody looks."""
