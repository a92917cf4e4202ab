"""Any ``concurrent.futures.Executor`` as a crew.

Lives in the process that calls the map. Such an executor cannot end what it has begun: its workers
listen to the map's lifeline instead.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from typing import Any

from codeexec_magics.engine.scaling.crew import Broken
from codeexec_magics.engine.scaling.lifeline import Lifeline
from codeexec_magics.engine.scaling.order import Farewell, Order, Report, inputs_for_each
from codeexec_magics.engine.scaling.work import work
from codeexec_magics.errors import InvalidOptions

_NEVER_TWICE = ("concurrent", "loky", "joblib")
"""Packages whose executors begin nothing a second time."""


class ExecutorCrew:
    """An executor, for the time of one map.

    Args:
        executor: The user's own.
        workers: The most chunks at once.
        once: Whether no item may be begun twice.

    Raises:
        InvalidOptions: It is not known to begin nothing twice.
    """

    install = ""

    def __init__(self, executor: Executor, workers: int | None, once: bool) -> None:
        kind = type(executor)
        self.name = f"{kind.__module__.partition('.')[0]}'s {kind.__name__}"
        if once and kind.__module__.partition(".")[0] not in _NEVER_TWICE:
            raise InvalidOptions(
                f"batch=1 promises that no item is begun twice, and it is not known that "
                f"{self.name} keeps that: use another batch"
            )
        self._executor = executor
        self._workers = workers
        self._futures: set[Future[Report]] = set()
        self._lifeline = Lifeline()
        self.lifeline = self._lifeline.address

    def slots(self) -> int:
        """As `Crew` says."""
        for name in ("_max_workers", "num_workers", "max_workers"):
            count = getattr(self._executor, name, None)
            if type(count) is int and count > 0:
                break
        else:
            count = os.cpu_count() or 1
        return count if self._workers is None else min(count, self._workers)

    def share(self, inputs: bytes) -> bytes | None:
        """As `Crew` says."""
        return inputs_for_each(inputs, self.name)

    def submit(self, order: Order, done: Callable[[], None]) -> Any:
        """As `Crew` says."""
        try:
            future = self._executor.submit(work, order)
        except RuntimeError as error:  # it is broken, or shut down
            raise Broken(f"{self.name} takes no more work: {error}") from error
        self._futures.add(future)
        future.add_done_callback(lambda _: done())
        return future

    def report(self, future: Any) -> Report:
        """As `Crew` says."""
        self._futures.discard(future)
        try:
            report: Report = future.result()
        except (BrokenExecutor, CancelledError) as error:
            reason = str(error) or type(error).__name__
            raise Broken(f"{self.name} has lost its workers: {reason}") from error
        return report

    def cancel(self, futures: Sequence[Any]) -> None:
        """As `Crew` says: what has begun cannot be told from what has not; it is let be."""
        for future in futures:
            future.cancel()

    def close(self, name: str, seconds: float, *, stop: bool) -> tuple[list[Farewell], int]:
        """As `Crew` says."""
        self.cancel(list(self._futures))
        said, silent = self._lifeline.end(b"s" if stop else b"e", seconds)
        unheard = sum(not future.done() for future in self._futures) if stop else 0
        return said, silent if said or silent else unheard

    def everywhere(self, function: Callable[..., Any], *arguments: Any) -> list[Any]:
        """As `Crew` says: those that take the calls answer."""
        calls = [self._executor.submit(function, *arguments) for _ in range(self.slots())]
        return [call.result() for call in calls]

    def lost(self) -> int:
        """As `Crew` says: an executor that loses one is broken."""
        return 0
