"""One run of one pipeline: its steps are begun, heard of, and ended, until nothing is left.

Runs in the process that runs a pipeline, in the thread that called; each step has a thread of its
own meanwhile. Owns a pipe and the shield for the time of the run. When it returns, whatever
happened, nothing of any step is left.
"""

from __future__ import annotations

import contextlib
import os
import queue
import select
import time
from collections.abc import Mapping
from typing import Any

from codeexec_magics.engine.engine import Engine
from codeexec_magics.errors import DataError
from codeexec_magics.leases.figures import ProcessFigures, RunFigures
from codeexec_magics.leases.shield import Shield
from codeexec_magics.pipelines.attempt import Attempt, Work, refused
from codeexec_magics.pipelines.board import Board, kept_from, order_of
from codeexec_magics.pipelines.environment import variables_of
from codeexec_magics.pipelines.keys import keys_of
from codeexec_magics.pipelines.model import Pipeline
from codeexec_magics.pipelines.placing import told
from codeexec_magics.pipelines.results import PipelineResult, StepResult
from codeexec_magics.pipelines.standing_by import warm_up, workers_ahead
from codeexec_magics.pipelines.step import Reference, Step
from codeexec_magics.pipelines.store import Store
from codeexec_magics.pipelines.values import is_true, part_of
from codeexec_magics.pipelines.watcher import Watcher
from codeexec_magics.values.results import Outcome


class PipelineRun:
    """One run of one pipeline; made and used once.

    Args:
        pipeline: What is run.
        inputs: Its inputs, complete.
        engine: What executes its steps.
        workers: How many run at once.
        watcher: Who hears of it.
        on: Where the items of maps are worked on.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        inputs: Mapping[str, Any],
        engine: Engine,
        workers: int,
        watcher: Watcher,
        on: Any = None,
    ) -> None:
        self._pipeline = pipeline
        self._engine = engine
        self._workers = workers
        self._watcher = watcher
        self._on = on
        self._variables = variables_of(pipeline)
        self._ahead = workers_ahead(pipeline)
        self._order = order_of(pipeline)
        self._keys = keys_of(pipeline, self._order, inputs)
        self._board = Board(pipeline, inputs, self._keys)
        self._store = Store.beside(pipeline)
        self._kept: dict[str, StepResult] = {}
        self._attempts: dict[str, Attempt] = {}
        self._events: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
        self._shield = Shield()
        self._wake_end = -1
        self._cause: Step | None = None
        self._next_tick = time.monotonic() + watcher.seconds

    @property
    def under_way(self) -> bool:
        """Whether a step runs."""
        return bool(self._attempts)

    @property
    def asked(self) -> bool:
        """Whether it has been asked to end."""
        return self._shield.count > 0

    def figures(self) -> RunFigures:
        """What all steps use now, together. May be called from any thread."""
        running = [attempt.running for attempt in list(self._attempts.values())]
        figures = [one.figures() for one in running if one is not None]
        processes: tuple[ProcessFigures, ...] = ()
        return RunFigures(
            cpu_time=sum(one.cpu_time for one in figures),
            memory=sum(one.memory for one in figures),
            count=sum(one.count for one in figures),
            processes=sum((tuple(one.processes) for one in figures), processes),
        )

    def printed(self, stream: str) -> str:
        """What running steps have printed so far. May be called from any thread."""
        running = [attempt.running for attempt in list(self._attempts.values())]
        return "".join(one.printed(stream) for one in running if one is not None)

    def interrupt(self) -> None:
        """Interrupt all steps; the second time, kill them. May be called from any thread."""
        self._shield.interrupt()

    def perform(self, resume: PipelineResult | None = None) -> PipelineResult:
        """Run it to its end.

        Args:
            resume: An earlier run whose values are used where nothing has changed.
        """
        began = time.monotonic()
        if resume is not None:
            self._kept = kept_from(self._pipeline, self._order, self._keys, resume.steps)
        with self._shield:
            wake, self._wake_end = os.pipe()
            try:
                for end in (wake, self._wake_end):
                    os.set_blocking(end, False)
                if self._watcher.started is not None:
                    self._watcher.started(self)
                warm_up(self._pipeline, self._engine, lambda step: self._work(step, {}).options)
                self._serve(wake)
            finally:
                self._leave()
                ends, self._wake_end = (wake, self._wake_end), -1
                for end in ends:
                    os.close(end)
            return self._result(time.monotonic() - began)

    def _serve(self, wake: int) -> None:
        """Begin what can begin, and take note of what ends, until nothing is left to do."""
        poll = select.poll()
        for end in (wake, self._shield.fileno()):
            poll.register(end, select.POLLIN)
        while True:
            self._begin_all()
            if not self._attempts:
                return
            poll.poll(self._patience())
            with contextlib.suppress(BlockingIOError):
                os.read(wake, 65_536)
            for _ in range(self._shield.take()):
                self._interrupt_all()
            self._hear()
            self._tick()

    def _leave(self) -> None:
        """Whatever has gone wrong here: no step goes on without anybody who waits for it."""
        if not self._attempts:
            return
        for _ in range(2):
            self._interrupt_all()
        while self._attempts:
            kind, name, *_ = self._events.get()
            if kind == "ended":
                del self._attempts[name]

    def _begin_all(self) -> None:
        while len(self._attempts) < self._workers and not self._stops:
            step = self._board.next()
            if step is None:
                return
            self._begin(step)
            self._changed()

    @property
    def _stops(self) -> bool:
        return self._cause is not None or self._shield.count > 0

    def _begin(self, step: Step) -> None:
        if step.id in self._kept:
            self._board.keep(step, self._kept[step.id])
            return
        missing = self._board.missing(step)
        if missing:
            self._board.skip(step, f"`{missing}` has no value")
            return
        try:
            if step.when is not None and not is_true(self._resolve(step.when), step.when):
                self._board.skip(step, f"`{step.when}` is not true")
                return
            key, trusted = self._keys[step.id], not step.options.sandbox
            found = self._store.get(key, trusted=trusted) if step.cache else None
            if found is not None:
                self._board.keep(step, found)
                return
            items = None if step.mapping is None else self._resolve(step.mapping.items)
            work = self._work(step, self._inputs_of(step), items)
        except DataError as error:
            self._end(step, refused(step, error), 0)
            return
        self._board.begin(step)
        attempt = self._attempts[step.id] = Attempt(self._engine, work, self._post)
        try:
            attempt.start()
        except RuntimeError as error:  # the system gives no more threads
            del self._attempts[step.id]
            self._end(step, refused(step, error), 0)

    def _inputs_of(self, step: Step) -> dict[str, Any]:
        return {
            name: self._resolve(to)
            for name, to in step.inputs.items()
            if to.name in self._board.steps or self._board.has(to.name)
        }

    def _work(self, step: Step, inputs: Mapping[str, Any], items: Any = None) -> Work:
        ahead = self._ahead[step.language]
        return Work(step, inputs, items, self._variables[step.id], self._on, ahead)

    def _resolve(self, to: Reference) -> Any:
        if to.failure:
            return part_of(self._board.failure(to.name), to)
        return part_of(self._board.value(to.name), to)

    def _post(self, *event: Any) -> None:
        """Called in a step's thread."""
        self._events.put(event)
        with contextlib.suppress(OSError):  # it is full: whoever reads it is awake
            os.write(self._wake_end, b"!")

    def _hear(self) -> None:
        while True:
            try:
                kind, name, *rest = self._events.get_nowait()
            except queue.Empty:
                return
            if kind == "ended":
                del self._attempts[name]
                self._end(self._pipeline.step(name), *rest)
                self._changed()
            elif kind == "output" and self._watcher.output is not None:
                self._watcher.output(name, *rest)
            elif kind == "display" and self._watcher.display is not None:
                self._watcher.display(name, *rest)

    def _end(self, step: Step, result: Any, tries: int) -> None:
        self._board.end(step, result, tries)
        if result.success:
            if step.cache:
                self._store.put(self._board.steps[step.id], trusted=not step.options.sandbox)
        elif step.required and not self._stops:
            self._cause = step
            self._interrupt_all()

    def _interrupt_all(self) -> None:
        for attempt in self._attempts.values():
            attempt.interrupt()

    def _changed(self) -> None:
        if self._watcher.changed is not None:
            self._watcher.changed(self._board.steps)

    def _patience(self) -> float | None:
        """Milliseconds until the next tick."""
        if self._watcher.tick is None:
            return None
        return max(0.0, self._next_tick - time.monotonic()) * 1000

    def _tick(self) -> None:
        if self._watcher.tick is not None and time.monotonic() >= self._next_tick:
            self._watcher.tick()
            self._next_tick = time.monotonic() + self._watcher.seconds

    def _result(self, seconds: float) -> PipelineResult:
        board, cause = self._board, self._cause
        error = None
        outcome = Outcome.SUCCEEDED
        if self._shield.count:
            outcome, error = Outcome.INTERRUPTED, "KeyboardInterrupt: the pipeline was interrupted"
        if cause is not None:
            board.abandon(self._order, cause.id)
            found = board.steps[cause.id].result
            assert found is not None
            if not self._shield.count:
                outcome, error = Outcome.FAILED, told(cause, found)
        outputs = {}
        for name, to in self._pipeline.outputs.items():
            if to.failure or board.has(to.name):
                with contextlib.suppress(DataError):
                    outputs[name] = self._resolve(to)
        return PipelineResult(
            outcome=outcome,
            outputs=outputs,
            steps=dict(board.steps),
            error=error,
            failed_step=None if cause is None else cause.id,
            name=self._pipeline.name,
            seconds=seconds,
            pipeline=self._pipeline,
        )
