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
from codeexec_magics.engine.mapping.failures import judged
from codeexec_magics.engine.mapping.fed_items import FedItems
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
        pool = self._pool(client, loop, task, rows)
        log_start(facts.language, facts.timeout)
        facts = self._served(client, facts, loop, task, pool)
        if pool.thrown is not None:
            raise pool.thrown
        result = compose(facts)
        refused = facts.refusal is not None or facts.verdict.trace is not None
        if result.outcome is not Outcome.INTERRUPTED and not refused:
            failures, how = pool.outcomes.failures, self._plan.on_error
            result = judged(result, pool.fault, failures, pool.drawn, how)
        log_end(result)
        return result

    def _pool(self, client: SupervisorClient, loop: Loop, task: Task, rows: Iterable[Any]) -> Pool:
        if not isinstance(rows, FedItems):
            return Pool(client, loop, task, self._plan, Items(rows), self._lines)
        return Pool(client, loop, task, self._plan, rows, self._lines, rows.outcomes)

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
                    for fd, handler in pool.watched.items():
                        loop.listen(fd, handler)
                    pool.serve()
            values = converted(pool.outcomes.values, self._options.converter, self._models)
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

    def _printed(self, stream: str) -> str:
        return self._lines[stream].text()


def converted(values: list[Any], form: str, models: tuple[object, ...]) -> Any:
    """The values in the form that is asked for: columns of the frame have its types again.

    Args:
        values: In the order of the items.
        form: One of `CONVERTERS`.
        models: The frame whose rows were mapped, if another language has seen them; else nothing.
    """
    if models and form in ("auto", "records"):
        floats_again(values, models[0])
    elif models and not values and form != "numpy":
        return convert(no_rows(models[0]), form, "result", models)
    return convert(values, form, "result", models)


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
    if not isinstance(items, Iterable | Items) and not is_frame(items):
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
