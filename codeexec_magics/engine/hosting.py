"""Being a good guest of an engine that has given this thread its work: Dask or Ray.

Lives in the process that executes. Imports nothing of the engine: where one is, it is loaded. The
engine is asked whether the work is still wanted; when it is not, the run is interrupted, once, and
everything of it ends, while the engine's worker lives on.

Sources: `distributed.get_worker`, `Worker.get_current_task`, `Worker.state.tasks` and `Reschedule`
of Dask's documentation; the states are those of its "Worker State Machine". Of Ray's,
`ray.cancel` and `RuntimeContext.is_canceled`.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from codeexec_magics.engine.observer import Observer, Running
from codeexec_magics.engine.timers import Pulse
from codeexec_magics.errors import ExecutionInterrupted
from codeexec_magics.values import events
from codeexec_magics.values.options import ExecutionOptions
from codeexec_magics.values.results import ExecutionResult

_ROUND = 0.05
"""Seconds between two questions."""
_WORKING = frozenset({"executing", "long-running"})
_STANDBYS = 1
"""Workers that stand by, at most: an engine has many processes such as this one."""
_IDLE, _IDLE_GUEST = 600.0, 30.0
"""Seconds that they stand by while none is wanted."""
_log = logging.getLogger("codeexec_magics.execution")


@dataclass(frozen=True, slots=True)
class Host:
    """The engine for which this thread works.

    Attributes:
        name: What it is called.
        wanted: Whether it still wants the work.
        unwanted: The exception by which it understands that the work was given up.
        memory: Bytes that the work may take; None if it says nothing.
    """

    name: str
    wanted: Callable[[], bool]
    unwanted: Callable[[str], BaseException]
    memory: int | None = None

    def limited(self, options: ExecutionOptions) -> ExecutionOptions:
        """The options, within what the engine allows its worker."""
        memory = options.memory if options.memory is not None else self.memory
        return replace(options, memory=memory, standbys=min(options.standbys, _STANDBYS))

    def asked(self, observer: Observer) -> Observer:
        """The observer of a run that is interrupted when the engine wants it no longer."""
        under_way: list[Running] = []

        def started(running: Running) -> None:
            under_way.append(running)
            if observer.started is not None:
                observer.started(running)

        def ask() -> float | None:
            if not under_way or self.wanted():
                return None
            running = under_way.pop()
            # Ray interrupts the thread, too, by a signal that no more than wakes it: a second
            # interrupt would kill without grace.
            if not running.asked:
                running.interrupt()
            return _NEVER

        pulse = Pulse(ask, time.monotonic() + _ROUND, _ROUND)
        return replace(observer, started=started, timers=(*observer.timers, pulse))

    def interruption(self, result: ExecutionResult) -> BaseException:
        """What is raised for a run that was interrupted.

        No KeyboardInterrupt: it would end the engine's worker, and the next one that is given the
        work.
        """
        if not self.wanted():
            return self.unwanted(result.error or "")
        return ExecutionInterrupted(result)


_NEVER = 1e9
_guests: set[str] = set()
"""The engines for which this process has worked."""


def as_guest(
    options: ExecutionOptions, observer: Observer | None
) -> tuple[ExecutionOptions, Observer | None]:
    """The options and the observer of a run, as the engine for which this thread works wants it."""
    host = current()
    if host is None:
        return options, observer
    return host.limited(options), host.asked(observer or Observer())


def idle() -> float:
    """Seconds for which a worker stands by in this process while none is wanted."""
    return _IDLE_GUEST if _guests else _IDLE


def current() -> Host | None:
    """The engine that has given this thread its work; None if nobody has, or it cannot be told."""
    for module, host_of in (("distributed", _dask), ("ray", _ray)):
        engine = sys.modules.get(module)
        try:
            host = host_of(engine) if engine is not None else None
        except Exception as error:  # noqa: BLE001 - another's package, which may have changed
            reason = repr(error)
            events.emit(_log, logging.WARNING, events.HOST_UNKNOWN, host=module, reason=reason)
            continue
        if host is not None:
            _guests.add(module)
            return host
    return None


def _dask(distributed: Any) -> Host | None:
    try:
        worker = distributed.get_worker()
        key = worker.get_current_task()
    except (ValueError, AttributeError, KeyError):
        return None  # this thread is none that works on a task
    if key not in worker.state.tasks:
        return None
    limit = getattr(getattr(worker, "memory_manager", None), "memory_limit", None)
    threads = max(int(worker.state.nthreads), 1)

    def wanted() -> bool:
        task = worker.state.tasks.get(key)
        return task is not None and task.state in _WORKING

    return Host(
        f"dask worker {worker.name}",
        wanted,
        distributed.Reschedule,
        int(limit) // threads if limit else None,
    )


def _ray(ray: Any) -> Host | None:
    if not hasattr(ray, "is_initialized") or not ray.is_initialized():
        return None
    context = ray.get_runtime_context()
    if context.worker.mode != ray.WORKER_MODE:
        return None  # the driver's own process

    def wanted() -> bool:
        try:
            return not context.is_canceled()
        except RuntimeError:  # an asynchronous actor cannot be asked
            return True

    return Host(f"ray worker {os.getpid()}", wanted, KeyboardInterrupt)
