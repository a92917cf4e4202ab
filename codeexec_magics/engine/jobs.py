"""A program that runs in the background, and the result that will come of it.

Lives in the process that executes. A job owns a daemon thread, in which its execution happens: that
thread ends with the process, and the program with it, by the lifeline.
"""

from __future__ import annotations

import atexit
import contextlib
import contextvars
import os
import threading
import time
import weakref
from collections.abc import Callable, Generator, Hashable, Iterable
from concurrent.futures import Future
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from codeexec_magics.engine.observer import Observer
from codeexec_magics.engine.runs import Run, enter
from codeexec_magics.errors import ExecutionFailed
from codeexec_magics.values import showing
from codeexec_magics.values.results import ExecutionResult, Outcome

if TYPE_CHECKING:
    import asyncio

_LONGEST_FAREWELL = 10.0
"""Seconds to wait for jobs that have been killed; it takes milliseconds."""
_TURN = 0.2
"""Seconds after which an event loop turns while it waits for a job. A notebook's interrupt is a
callback that ipykernel appends to its sleeping loop: it takes effect when the loop turns next."""


Ended = Callable[[ExecutionResult], ExecutionResult]
"""Called with a job's result before anybody else has it; what it returns is the job's."""

Tell = Callable[[float, float | None, str], None]
"""Told of done, total (or None), and a text."""


class Progress(NamedTuple):
    """How far a job is.

    Attributes:
        done: How much is done: of a map the items, else what the program last told.
        total: How much there is; None if that is not known.
        text: What it is that is counted.
    """

    done: float
    total: float | None
    text: str


class Job(Future[ExecutionResult]):
    """A running program; made by `CodeExecutor.submit`.

    A `concurrent.futures.Future` of an `ExecutionResult`: `concurrent.futures.wait` and
    ``as_completed`` take jobs, and ``await job`` waits for one without holding up others. What the
    program did is in the result, as with `CodeExecutor.execute`: `result` does not raise for it,
    `exception` gives the matching exception.

    Args:
        run: The run as the registry knows it.
        ended: Called in the job's thread with the result.
    """

    def __init__(self, run: Run, ended: Ended | None = None) -> None:
        super().__init__()
        self._run = run
        self._ended = ended
        self._last: ExecutionResult | None = None
        self._progress: Progress | None = None
        with _lock:
            _jobs.add(self)

    @property
    def id(self) -> int:
        """The number by which ``%transform_ps`` and ``%transform_kill`` know it."""
        return self._run.id

    @property
    def key(self) -> Hashable:
        """By what its caller knows it, as `runs.interrupt` does; None if by nothing."""
        return self._run.key

    @property
    def language(self) -> str:
        """The language's name."""
        return self._run.language

    @property
    def label(self) -> str:
        """The program's first line, or the transform's name."""
        return self._run.label

    @property
    def started(self) -> float:
        """When it was submitted, in seconds since the epoch."""
        return self._run.started

    @property
    def seconds(self) -> float:
        """How long it has been under way, or was."""
        return self._run.seconds

    @property
    def state(self) -> str:
        """``starting``, ``running``, ``stopping``, or the outcome's value."""
        return self._last.outcome.value if self._last is not None else self._run.state

    @property
    def progress(self) -> Progress | None:
        """How far it is: ``done``, ``total`` (or None), ``text``; None if nobody has told."""
        return self._progress

    @property
    def stdout(self) -> str:
        """What the program has printed so far, bounded like the result's."""
        return self._run.printed("stdout") if self._last is None else self._last.stdout

    @property
    def stderr(self) -> str:
        """The same for the error stream."""
        return self._run.printed("stderr") if self._last is None else self._last.stderr

    def cancel(self) -> bool:
        """Interrupt the program: it has its ``grace`` to end by itself; a second call kills it.

        Safe in any state and from any thread. What it came to is in the result.

        Returns:
            False if it had ended already.
        """
        return self._run.interrupt()

    def cancelled(self) -> bool:
        """Whether it has ended because somebody cancelled it."""
        return self._last is not None and self._last.outcome is Outcome.INTERRUPTED

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """The exception that matches the outcome; None if the program ended well.

        Raises:
            TimeoutError: It has not ended within ``timeout`` seconds.
        """
        fault = super().exception(timeout)
        if fault is not None:
            return fault
        try:
            self.result().raise_for_outcome()
        except ExecutionFailed as error:
            return error.with_traceback(None)
        return None

    def start(
        self, work: Callable[[Observer], ExecutionResult], observer: Observer | None = None
    ) -> None:
        """Do the work in a thread of its own; returns when the program's inputs have been read.

        Args:
            work: Called in a copy of the caller's context, with an observer to be told.
            observer: Who hears of the run besides.
        """
        read = threading.Event()
        observer = self._run.hearing(observer or Observer())
        watcher = replace(observer, read=read.set, progress=self._noting(observer.progress))
        self.add_done_callback(lambda _: read.set())  # where there was nothing to read
        thread = threading.Thread(
            target=contextvars.copy_context().run,
            args=(self._perform, work, watcher),
            name="codeexec-job",
            daemon=True,
        )
        enter(self._run)
        try:
            thread.start()
            read.wait()
        except RuntimeError as fault:  # the system gives no more threads
            self._fail(fault)
            raise
        except BaseException:
            self.cancel()
            raise

    def end(self) -> bool:
        """Kill the program and wait until nothing of it is left; whether that is so."""
        return end_jobs([self])

    def __await__(self) -> Generator[Any, None, ExecutionResult]:
        return self._awaited().__await__()

    def __repr__(self) -> str:
        return f"<Job {self.id}: {self.state}, {self.language}, {self.label!r}>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return showing.card_of_job(self.language, self._last)

    def _noting(self, told: Tell | None) -> Tell:
        """Take note of how far the program is, before others are told."""

        def note(done: float, total: float | None, text: str) -> None:
            self._progress = Progress(done, total, text)
            if told is not None:
                told(done, total, text)

        return note

    def _perform(self, work: Callable[[Observer], ExecutionResult], watcher: Observer) -> None:
        """Everything that happens in the job's thread."""
        self.set_running_or_notify_cancel()
        fault: BaseException | None = None
        try:
            result = work(watcher)
        except BaseException as error:  # noqa: BLE001 - what an iterable throws, or a fault of ours
            fault, result = error, self._crashed_by(error)
        try:
            if self._ended is not None:
                result = self._ended(result)
        except BaseException as error:  # noqa: BLE001 - who waits must hear of it
            fault = fault or error
        if fault is not None:
            self._fail(fault)
            return
        self._last = result
        self._run.end()
        self.set_result(result)

    def _fail(self, fault: BaseException) -> None:
        self._last = self._crashed_by(fault)
        self._run.end()
        self.set_exception(fault)

    async def _awaited(self) -> ExecutionResult:
        """Wait in an event loop; who cancels that cancels the job, and waits for its end."""
        import asyncio  # late: whoever awaits has it

        ended = self._end_in(asyncio.get_running_loop())
        cancelled: asyncio.CancelledError | None = None
        while not self.done():
            try:
                await asyncio.wait((ended,), timeout=_TURN)
            except asyncio.CancelledError as error:
                cancelled = error
                self.cancel()
        if cancelled is not None:
            raise cancelled
        return self.result()

    def _end_in(self, loop: asyncio.AbstractEventLoop) -> asyncio.Future[None]:
        """A future of the loop that is done when the job is."""
        ended = loop.create_future()

        def settle() -> None:
            if not ended.done():
                ended.set_result(None)

        def wake(_: Future[ExecutionResult]) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has been closed: nobody waits
                loop.call_soon_threadsafe(settle)

        self.add_done_callback(wake)
        return ended

    def _crashed_by(self, fault: BaseException) -> ExecutionResult:
        return self._crashed(f"{type(fault).__name__}: {fault}")

    def _crashed(self, line: str) -> ExecutionResult:
        return ExecutionResult(Outcome.CRASHED, language=self.language, error=line)

    def _disown(self) -> None:
        """In a fork, which has no such thread: the job is the parent's, and never ends here."""
        if self._last is None:
            self._last = self._crashed(
                "SupervisorLost: the job belongs to the process that this one is a fork of"
            )
        # Anew, since a thread of the parent may have held the lock.
        super().__init__()
        self.set_result(self._last)


def end_jobs(jobs: Iterable[Job]) -> bool:
    """Kill the programs of jobs and wait until nothing of them is left; whether that is so."""
    ending = [job._run for job in jobs]
    for run in ending:
        run.kill()
    patience_ends = time.monotonic() + _LONGEST_FAREWELL
    return all(run.ended.wait(max(0.0, patience_ends - time.monotonic())) for run in ending)


def _disown_all() -> None:
    global _lock
    _lock = threading.Lock()
    for job in list(_jobs):
        job._disown()


def _end_all() -> None:
    """At the end of the process, before what the jobs' threads need is taken down."""
    with _lock:
        jobs = list(_jobs)
    end_jobs(jobs)


_lock = threading.Lock()
_jobs: weakref.WeakSet[Job] = weakref.WeakSet()

atexit.register(_end_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_disown_all)
