"""Engine: runs programs whose options are values already, here, in the background, or many times.

Lives in the process that calls it. Owns nothing until the first execution; then a share in the
process's supervisor, which ends with the last engine that is open, and its jobs.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Hashable, Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from codeexec_magics.engine import hosting
from codeexec_magics.engine.execution import Execution
from codeexec_magics.engine.observer import Observer
from codeexec_magics.engine.outcome import Facts, compose
from codeexec_magics.engine.runs import Run, enter
from codeexec_magics.errors import CodeExecError, InvalidOptions
from codeexec_magics.languages import find
from codeexec_magics.leases.client import SupervisorClient, check_containment
from codeexec_magics.leases.sharing import Share
from codeexec_magics.values.options import ExecutionOptions, Program
from codeexec_magics.values.results import ExecutionResult

if TYPE_CHECKING:
    from codeexec_magics.engine.jobs import Ended, Job
    from codeexec_magics.engine.mapping import MapPlan

Inputs = Mapping[str, Any] | None
"""Values by name, for a program."""

Work = Callable[[Observer], ExecutionResult]
"""Runs what was checked before, and tells an observer."""


class Engine:
    """Runs programs in processes of their own; what `CodeExecutor` is behind its public door.

    May be used from several threads at once, as a context manager, and after a fork. What every way
    to run a program takes:

    * ``program``: what to run; ``options``: how; ``inputs``: values by name.
    * ``observer``: who hears of output, displays and progress while it runs, in its thread.
    * ``label``: what ``%transform_ps`` calls it; empty for the program's first line.
    * ``key``: by what `runs.interrupt` knows it.

    They raise `InvalidOptions` for inputs that are no mapping with string keys, for a directory
    that is none, and for a key that cannot be hashed.

    Args:
        containment: The tier that holds the programs; None for what the environment says, or the
            strongest that works here.

    Raises:
        InvalidOptions: No tier has this name.
    """

    def __init__(self, containment: str | None = None) -> None:
        check_containment(containment or "auto")
        self._containment = containment
        self._jobs: set[Job] = set()
        self._take_share()

    @property
    def client(self) -> SupervisorClient:
        """The supervisor that this executor has a share in."""
        return self._share.take()

    def run(
        self,
        program: Program,
        options: ExecutionOptions,
        inputs: Inputs = None,
        observer: Observer | None = None,
        *,
        label: str = "",
        key: Hashable = None,
    ) -> ExecutionResult:
        """Run a program under options; `execute` for those who have them as values."""
        run = Run.of(program, label, key=key)
        options, observer = hosting.as_guest(options, observer)
        return _followed(run, self._one(program, options, inputs), observer)

    def map(
        self,
        program: Program,
        options: ExecutionOptions,
        items: Iterable[Any],
        inputs: Inputs = None,
        observer: Observer | None = None,
        *,
        plan: MapPlan | None = None,
        label: str = "",
        key: Hashable = None,
    ) -> ExecutionResult:
        """Call a program's function for each of many items, in several processes.

        Each process runs the program once and then serves items, of this map only. The result's
        ``output`` is the list of values, in the order of the items. ``timeout`` and ``cpu_time``
        are an item's, other limits those of each process.

        Args:
            program: Its function is its ``transform``, or what its last expression gives.
            options: As for the class.
            items: Any iterable, drawn from as far as items are needed; a frame stands for its rows.
            inputs: What all items share, by name.
            observer: As for the class; ``progress`` is told how many items are done.
            plan: How many processes, how large the batches are, and what an error leads to.
            label: As for the class.
            key: As for the class.

        Raises:
            BaseException: Whatever the iterable throws.
        """
        run = Run.of(program, label, key=key)
        options, observer = hosting.as_guest(options, observer)
        work = self._many(program, options, items, inputs, plan, run.label)
        return _followed(run, work, observer)

    def start(
        self,
        program: Program,
        options: ExecutionOptions,
        inputs: Inputs = None,
        observer: Observer | None = None,
        *,
        label: str = "",
        key: Hashable = None,
        ended: Ended | None = None,
    ) -> Job:
        """Run a program in the background; `submit` for those who have options as values."""
        run = Run.of(program, label, background=True, key=key)
        return self._begin(run, self._one(program, options, inputs), observer, ended)

    def start_map(
        self,
        program: Program,
        options: ExecutionOptions,
        items: Iterable[Any],
        inputs: Inputs = None,
        observer: Observer | None = None,
        *,
        plan: MapPlan | None = None,
        label: str = "",
        key: Hashable = None,
        ended: Ended | None = None,
    ) -> Job:
        """Map in the background, as `map` does; the job's ``progress`` tells how far it is.

        What the items share has been copied when this returns, and so have a list and a frame. An
        iterator is drawn from in the job's thread.
        """
        from codeexec_magics.engine.mapping.snapshot import copied_inputs, copied_items, fixed

        held, shared = copied_items(items), _checked_inputs(inputs)
        run = Run.of(program, label, background=True, key=key)
        self._many(program, options, held, shared, plan)  # what is wrong is told to the caller

        def work(observer: Observer) -> ExecutionResult:
            begun = self._many(program, fixed(options), held, copied_inputs(shared), plan)
            if observer.read is not None:
                observer.read()
            return begun(observer)

        return self._begin(run, work, observer, ended)

    def close(self) -> None:
        """End the jobs and give the share in the supervisor back; the last one ends it.

        Safe to call twice.
        """
        if self._jobs:
            from codeexec_magics.engine.jobs import end_jobs

            end_jobs(list(self._jobs))
        self._finalizer()
        self._take_share()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _take_share(self) -> None:
        self._share = Share(self._containment)
        self._finalizer = weakref.finalize(self, self._share.give_back)

    def _one(self, program: Program, options: ExecutionOptions, inputs: Inputs) -> Work:
        """The work of running a program once."""
        values = _checked_inputs(inputs)
        _check_directory(options.directory)

        def work(observer: Observer) -> ExecutionResult:
            try:
                language = find(program.language)
            except CodeExecError as error:
                return compose(Facts(program.language, options.timeout, refusal=error))
            return Execution(program, language, options, observer).run(self.client, values)

        return work

    def _many(
        self,
        program: Program,
        options: ExecutionOptions,
        items: Iterable[Any],
        inputs: Inputs,
        plan: MapPlan | None,
        label: str = "",
    ) -> Work:
        """The work of mapping a program."""
        from codeexec_magics.engine import mapping  # late: few executors ever map

        values, on = _checked_inputs(inputs), plan.on if plan is not None else None
        if on is None:
            _check_directory(options.directory)
        try:
            language = find(program.language)
        except CodeExecError as error:
            refused = compose(Facts(program.language, options.timeout, refusal=error))
            return lambda _: refused
        mapping.check(language, items)

        how = plan or mapping.MapPlan()
        if on is not None:
            from codeexec_magics.engine import scaling  # late: few maps leave this machine

            scaling.check(on)
            return lambda observer: scaling.ScaledExecution(
                program, language, options, how, observer, label
            ).run(items, values)

        def work(observer: Observer) -> ExecutionResult:
            execution = mapping.MapExecution(program, language, options, how, observer)
            return execution.run(self.client, items, values)

        return work

    def _begin(self, run: Run, work: Work, observer: Observer | None, ended: Ended | None) -> Job:
        """Have work done by a job of this engine."""
        from codeexec_magics.engine.jobs import Job  # late: most executors never have one

        job = Job(run, ended)
        self._jobs.add(job)
        job.add_done_callback(self._jobs.discard)
        job.start(work, observer)
        return job


def _followed(run: Run, work: Work, observer: Observer | None) -> ExecutionResult:
    """Do work that all threads know of while it lasts."""
    try:
        enter(run)
        return work(run.hearing(observer or Observer()))
    finally:
        run.end()


def _checked_inputs(inputs: Inputs) -> Mapping[str, Any]:
    if inputs is None:
        return {}
    if not isinstance(inputs, Mapping):
        raise InvalidOptions(
            f"inputs must be a mapping of names to values, not {type(inputs).__name__}"
        )
    for name in inputs:
        if not isinstance(name, str):
            raise InvalidOptions(f"the name of an input must be a string, not {name!r}")
    return inputs


def _check_directory(directory: str | None) -> None:
    if directory is not None and not os.path.isdir(directory):
        raise InvalidOptions(f"directory must be an existing folder, not {directory!r}")
    if directory is None:
        try:
            os.getcwd()
        except FileNotFoundError:
            raise InvalidOptions(
                "the current directory no longer exists: change to another (%cd DIR), or give one "
                "(--cwd DIR)"
            ) from None
