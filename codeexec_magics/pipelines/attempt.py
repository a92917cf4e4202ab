"""One step under way: its program, tried as often as it may be, in a thread of its own.

Runs in the process that runs a pipeline. The thread is a daemon: it ends with the process, and the
program with it, by the lifeline.
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from codeexec_magics.engine.engine import Engine
from codeexec_magics.engine.mapping import MapPlan
from codeexec_magics.engine.observer import Observer, Running
from codeexec_magics.errors import CodeExecError
from codeexec_magics.pipelines.concealing import Stream
from codeexec_magics.pipelines.environment import Variables
from codeexec_magics.pipelines.placing import placed
from codeexec_magics.pipelines.step import Step
from codeexec_magics.values.options import ExecutionOptions
from codeexec_magics.values.results import ExecutionResult, Outcome
from codeexec_magics.values.traces import Trace

_KILL = 2
"""The second interrupt kills."""

Post = Callable[..., None]
"""Tells the pipeline's own thread: ``("ended", id, result, tries)``, ``("output", id, stream,
text)`` or ``("display", id, bundle, metadata)``."""


@dataclass(frozen=True, slots=True)
class Work:
    """What a step is to do.

    Attributes:
        step: The step.
        inputs: Its inputs by name.
        items: What it is mapped over; None unless it is.
        variables: What it is given of the environment.
        on: Where items are worked on; None for this machine.
        ahead: How many workers like its own the pipeline has use for.
    """

    step: Step
    inputs: Mapping[str, Any]
    items: Any = None
    variables: Variables = field(default_factory=lambda: Variables({}))
    on: Any = None
    ahead: int = 0

    @property
    def options(self) -> ExecutionOptions:
        """How it is run."""
        options = self.step.options
        if 0 < options.standbys < self.ahead:
            options = replace(options, standbys=self.ahead)
        if not self.variables.values:
            return options
        return replace(options, environment={**options.environment, **self.variables.values})


class Attempt:
    """Does the work of one step.

    Args:
        engine: What executes.
        work: What is to be done.
        post: Told of what happens, in this step's thread.
    """

    def __init__(self, engine: Engine, work: Work, post: Post) -> None:
        self._engine = engine
        self._work = work
        self._post = post
        self._lock = threading.Lock()
        self._asked = 0
        self._stopping = threading.Event()
        self._streams: dict[str, Stream | None] = {}
        self.running: Running | None = None

    def start(self) -> None:
        """Begin; returns at once."""
        thread = threading.Thread(
            target=contextvars.copy_context().run,
            args=(self._perform,),
            name=f"codeexec-step-{self._work.step.id}",
            daemon=True,
        )
        thread.start()

    def interrupt(self) -> None:
        """Interrupt the program, and have it tried no more; the second time, kill it."""
        with self._lock:
            self._asked += 1
            self._stopping.set()
            if self.running is not None:
                self.running.interrupt()

    def _perform(self) -> None:
        """Everything that happens in the step's thread."""
        step, tries = self._work.step, 0
        wait = step.retries.wait
        result = _interrupted(step)
        while not self._stopping.is_set():
            tries += 1
            result = self._try()
            again = result.outcome.value in step.retries.on and tries <= step.retries.times
            if result.success or not again or self._stopping.wait(wait):
                break
            wait *= step.retries.factor
        self._post("ended", step.id, result, tries)

    def _try(self) -> ExecutionResult:
        step = self._work.step
        try:
            result = self._execute()
        except CodeExecError as error:
            result = refused(step, error)
        except BaseException as error:  # noqa: BLE001 - who waits for this step must hear of it
            result = refused(step, error)
        finally:
            for stream in tuple(self._streams):
                self._print(stream, "", last=True)
            with self._lock:
                self.running = None
        return self._work.variables.scrubbed(placed(result, step))

    def _execute(self) -> ExecutionResult:
        work, step = self._work, self._work.step
        if step.mapping is None:
            return self._engine.run(
                step.program, work.options, work.inputs, self._observer(), label=step.id
            )
        plan = MapPlan(
            workers=step.mapping.workers,
            batch=step.mapping.batch,
            on_error=step.mapping.on_error,
            on=work.on,
        )
        return self._engine.map(
            step.program,
            work.options,
            work.items,
            work.inputs,
            self._observer(),
            plan=plan,
            label=step.id,
        )

    def _observer(self) -> Observer:
        name, clean = self._work.step.id, self._work.variables.clean
        return Observer(
            output=self._print,
            display=lambda bundle, metadata: self._post(
                "display", name, clean(bundle), clean(metadata)
            ),
            started=self._started,
        )

    def _print(self, stream: str, text: str, *, last: bool = False) -> None:
        """Tell what was printed, without secrets: half of one waits for the rest."""
        hiding = self._streams.setdefault(stream, self._work.variables.stream())
        if hiding is not None:
            text = hiding.finish() if last else hiding.feed(text)
        if text:
            self._post("output", self._work.step.id, stream, text)

    def _started(self, running: Running) -> None:
        with self._lock:
            self.running = running
            for _ in range(min(self._asked, _KILL)):
                running.interrupt()


def refused(step: Step, error: BaseException) -> ExecutionResult:
    """The result of a step whose program could not be run at all."""
    kind, message = type(error).__name__, str(error)
    trace = Trace(type=kind, message=message, text=f"{kind}: {message}")
    return ExecutionResult(Outcome.FAILED, step.language, error=trace.headline, trace=trace)


def _interrupted(step: Step) -> ExecutionResult:
    line = "KeyboardInterrupt: the execution was interrupted"
    return ExecutionResult(Outcome.INTERRUPTED, step.language, error=line)
