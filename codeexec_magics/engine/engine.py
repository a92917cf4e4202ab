"""Engine: runs programs whose options are values already, here, in the background, or many times.

Lives in the process that calls it. Owns nothing until the first execution; then a share in the
process's supervisor, which ends with the last engine that is open, and its jobs.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from codeexec_magics.engine.execution import Execution
from codeexec_magics.engine.observer import Observer
from codeexec_magics.engine.outcome import Facts, compose
from codeexec_magics.engine.runs import Run, enter
from codeexec_magics.errors import CodeExecError, InvalidOptions, LanguageUnavailable
from codeexec_magics.languages import find
from codeexec_magics.leases.client import SupervisorClient
from codeexec_magics.leases.sharing import Share
from codeexec_magics.values.options import ExecutionOptions, Program
from codeexec_magics.values.results import ExecutionResult

if TYPE_CHECKING:
    from codeexec_magics.engine.jobs import Ended, Job
    from codeexec_magics.engine.mapping import MapPlan

Inputs = Mapping[str, Any] | None
"""Values by name, for a program."""


class Engine:
    """Runs programs in processes of their own; what `CodeExecutor` is behind its public door.

    May be used from several threads at once, as a context manager, and after a fork.
    """

    def __init__(self) -> None:
        self._share = Share()
        self._finalizer = weakref.finalize(self, self._share.give_back)
        self._jobs: set[Job] = set()

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
    ) -> ExecutionResult:
        """Run a program under options; `execute` for those who have them as values.

        Args:
            program: What to run.
            options: Its limits and surroundings.
            inputs: Values by name.
            observer: Who hears of output, displays and progress while it runs.
            label: What ``%transform_ps`` calls it; empty for the program's first line.

        Raises:
            InvalidOptions: The inputs are no mapping with string keys, or the directory is none.
        """
        values = _checked_inputs(inputs)
        _check_directory(options.directory)
        run = Run.of(program, label)
        try:
            enter(run)
            return self._execute(program, options, values, run.hearing(observer or Observer()))
        finally:
            run.end()

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
    ) -> ExecutionResult:
        """Call a program's function for each of many items, in several processes.

        Each process runs the program once and then serves items, of this map only. The result's
        ``output`` is the list of values, in the order of the items.

        Args:
            program: Its function is its ``transform``, or what its last expression gives.
            options: Its limits and surroundings; ``timeout`` is for each item.
            items: Any iterable, drawn from as far as items are needed; a frame stands for its rows.
            inputs: What all items share, by name.
            observer: Who hears of it; ``progress`` is told how many items are done.
            plan: How many processes, how large the batches are, and what an error leads to.
            label: What ``%transform_ps`` calls it; empty for the program's first line.

        Raises:
            InvalidOptions: An option or input has a value that cannot be meant.
            BaseException: Whatever the iterable throws.
        """
        from codeexec_magics.engine import mapping  # late: few executors ever map

        values = _checked_inputs(inputs)
        _check_directory(options.directory)
        run = Run.of(program, label)
        try:
            enter(run)
            language = find(program.language)
            hearing = run.hearing(observer or Observer())
            plan = plan or mapping.MapPlan()
            execution = mapping.MapExecution(program, language, options, plan, hearing)
            return execution.run(self.client, items, values)
        except LanguageUnavailable as error:
            return compose(Facts(program.language, options.timeout, refusal=error))
        finally:
            run.end()

    def start(
        self,
        program: Program,
        options: ExecutionOptions,
        inputs: Inputs = None,
        observer: Observer | None = None,
        *,
        label: str = "",
        ended: Ended | None = None,
    ) -> Job:
        """Run a program in the background; `submit` for those who have options as values.

        Args:
            program: What to run.
            options: Its limits and surroundings.
            inputs: Values by name.
            observer: Who hears of it while it runs, in the job's thread.
            label: What ``%transform_ps`` calls it; empty for the program's first line.
            ended: Called in the job's thread with the result, before anybody else has it; what it
                returns is the job's.

        Raises:
            InvalidOptions: The inputs are no mapping with string keys, or the directory is none.
        """
        from codeexec_magics.engine.jobs import Job  # late: most executors never have one

        values = _checked_inputs(inputs)
        _check_directory(options.directory)
        job = Job(Run.of(program, label, background=True), ended)
        self._jobs.add(job)
        job.add_done_callback(self._jobs.discard)
        job.start(lambda watcher: self._execute(program, options, values, watcher), observer)
        return job

    def close(self) -> None:
        """End the jobs and give the share in the supervisor back; the last one ends it.

        Safe to call twice.
        """
        if self._jobs:
            from codeexec_magics.engine.jobs import end_jobs

            end_jobs(list(self._jobs))
        self._finalizer()
        self._share = Share()
        self._finalizer = weakref.finalize(self, self._share.give_back)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _execute(
        self,
        program: Program,
        options: ExecutionOptions,
        inputs: Mapping[str, Any],
        observer: Observer,
    ) -> ExecutionResult:
        try:
            language = find(program.language)
        except CodeExecError as error:
            return compose(Facts(program.language, options.timeout, refusal=error))
        return Execution(program, language, options, observer).run(self.client, inputs)


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
