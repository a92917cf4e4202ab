"""All executions of this process that are under way: the ones of threads, cells, and jobs.

    runs.interrupt("nightly")      ends what was started with key="nightly", from any thread

Lives in the process that executes, and is asked from any of its threads. Owns nothing: it knows a
run as long as somebody executes it.
"""

from __future__ import annotations

import itertools
import os
import threading
import time
import weakref
from collections.abc import Hashable
from dataclasses import replace
from typing import Self

from codeexec_magics.engine.observer import Observer, Running
from codeexec_magics.errors import CodeExecError, InvalidOptions
from codeexec_magics.languages import find
from codeexec_magics.leases.figures import RunFigures
from codeexec_magics.values.options import Program

__all__ = ["Run", "RunFigures", "enter", "interrupt", "runs"]

_LONGEST_LABEL = 60
_KILL = 2
"""The second interrupt kills."""


class Run:
    """One execution, as others see it; every method may be called from any thread.

    Args:
        language: The language's name.
        label: What the run is called, for people.
        background: Whether it is a job, for which nobody waits.
        key: By what its caller knows it; None if by nothing.

    Attributes:
        language: The language's name.
        label: One line that tells it from others.
        background: Whether it is a job.
        key: As given.
        started: When it was started, in seconds since the epoch.
        ended: Set when nothing of it is left.
    """

    def __init__(
        self, language: str, label: str, *, background: bool = False, key: Hashable = None
    ) -> None:
        self.language = language
        self.label = label
        self.background = background
        self.key = _checked_key(key)
        self.started = time.time()
        self.ended = threading.Event()
        self._began = time.monotonic()
        self._lasted: float | None = None
        self._lock = threading.Lock()
        self._asked = 0
        self._execution: Running | None = None
        self._id: int | None = None

    @classmethod
    def of(
        cls, program: Program, label: str = "", *, background: bool = False, key: Hashable = None
    ) -> Self:
        """The run of a program.

        Args:
            program: What is run.
            label: What it is called; empty for the program's first line.
            background: Whether it is a job.
            key: By what its caller knows it.

        Raises:
            InvalidOptions: The key cannot be hashed.
        """
        try:
            language = find(program.language).name
        except CodeExecError:
            language = program.language
        label = label or _first_line(program.source)
        return cls(language, label, background=background, key=key)

    def hearing(self, observer: Observer) -> Observer:
        """The observer, and this run before it, hear of the execution."""

        def started(execution: Running) -> None:
            self.begin(execution)
            if observer.started is not None:
                observer.started(execution)

        return replace(observer, started=started)

    @property
    def id(self) -> int:
        """A small number of its own; given when somebody first asks for it."""
        with self._lock:
            if self._id is None:
                self._id = next(_numbers)
            return self._id

    @property
    def seconds(self) -> float:
        """How long it has been under way, or was."""
        return time.monotonic() - self._began if self._lasted is None else self._lasted

    @property
    def state(self) -> str:
        """``starting``, ``running``, ``stopping`` after an interrupt, or ``ended``."""
        if self.ended.is_set():
            return "ended"
        if self._asked:
            return "stopping"
        execution = self._execution
        return "running" if execution is not None and execution.under_way else "starting"

    def figures(self) -> RunFigures:
        """What it uses now; all zeros before it has begun and after it has ended."""
        execution = self._execution  # it may end at any time
        return RunFigures() if execution is None else execution.figures()

    def printed(self, stream: str) -> str:
        """What is kept of ``stdout`` or ``stderr`` so far."""
        execution = self._execution
        return "" if execution is None else execution.printed(stream)

    def interrupt(self) -> bool:
        """Interrupt it; the second time, kill it at once. False if it has ended.

        One that has not begun yet is interrupted when it begins.
        """
        with self._lock:
            if self.ended.is_set():
                return False
            self._asked += 1
            if self._execution is not None:
                self._execution.interrupt()
            return True

    def kill(self) -> None:
        """Interrupt it as often as it takes to have it killed without grace."""
        for _ in range(_KILL - self._asked):
            self.interrupt()

    def begin(self, execution: Running) -> None:
        """Take note of the execution, and hand it the interrupts that came before it."""
        with self._lock:
            self._execution = execution
            for _ in range(self._asked):
                execution.interrupt()

    def end(self) -> None:
        """Take note that nothing of it is left; safe to call twice."""
        with self._lock:
            self._lasted = self.seconds
            self.ended.set()
            # The two know each other: what the program has printed must not wait for a collection.
            self._execution = None
        _forget(self)

    def disown(self) -> None:
        """In a fork: the run is the parent's; whoever waits for it here would wait for ever."""
        self._lock, self.ended = threading.Lock(), threading.Event()
        self._execution = None
        self.end()


def enter(run: Run) -> None:
    """Have a run known until its end."""
    with _lock:
        _runs.add(run)


def runs() -> list[Run]:
    """All runs that are under way, the oldest first."""
    with _lock:
        known = list(_runs)
    return sorted((run for run in known if not run.ended.is_set()), key=lambda run: run.started)


def interrupt(key: Hashable) -> int:
    """Interrupt the runs that were started with a key; the second time, kill them.

    Safe from any thread, in any state of theirs: one that has not begun yet is interrupted when it
    begins. They end as usual, with a result whose outcome is ``interrupted``.

    Returns:
        How many there are.
    """
    return sum(run.interrupt() for run in runs() if run.key is not None and run.key == key)


def _checked_key(key: Hashable) -> Hashable:
    try:
        hash(key)
    except TypeError:
        raise InvalidOptions(f"key must be hashable, for example a text, not {key!r}") from None
    return key


def _first_line(source: str) -> str:
    lines = (line.strip() for line in source.splitlines())
    first = next((line for line in lines if line), "")
    return first if len(first) <= _LONGEST_LABEL else first[: _LONGEST_LABEL - 1] + "…"


def _forget(run: Run) -> None:
    with _lock:
        _runs.discard(run)


def _disown_all() -> None:
    global _lock
    _lock = threading.RLock()
    for run in list(_runs):
        run.disown()


_numbers = itertools.count(1)
_lock = threading.RLock()  # a collection within it may end a run that nobody holds
# Weakly held: an exception between two lines of whoever executes leaves nothing here.
_runs: weakref.WeakSet[Run] = weakref.WeakSet()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_disown_all)
