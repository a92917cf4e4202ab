"""A cluster of Ray as a crew.

Lives in the process that calls the map. It is given the module, or its name: Ray has one cluster.

Sources: Ray's documentation of `ray.remote`, `ray.cancel`, `ray.put`, and of its exceptions.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

from codeexec_magics.engine.scaling.crew import Broken, Lost
from codeexec_magics.engine.scaling.lifeline import Lifeline
from codeexec_magics.engine.scaling.order import Farewell, Order, Report
from codeexec_magics.engine.scaling.work import work
from codeexec_magics.errors import CodeExecError, InvalidOptions


class RayCrew:
    """Ray, for the time of one map.

    Args:
        ray: The module or its name; it has been initialised.
        workers: The most chunks at once.
        once: Whether no item may be begun twice: then Ray itself tries nothing again.

    Raises:
        InvalidOptions: It has not been initialised.
    """

    name = "ray"
    install = 'ray.init(runtime_env={"pip": ["codeexec_magics[js,arrow]"]})'

    def __init__(self, ray: Any, workers: int | None, once: bool) -> None:
        ray = sys.modules.get("ray")
        if ray is None or not ray.is_initialized():
            raise InvalidOptions("on= takes ray when it has been started: ray.init() first")
        self._ray = ray
        self._workers = workers
        self._inputs: Any = None
        # Chunks of lost workers are given again by the map itself, as often as it says.
        self._work = ray.remote(max_retries=0, num_cpus=1)(work)
        self._began = self._nodes()
        self._open: set[Any] = set()
        self._lifeline = Lifeline()
        self.lifeline = self._lifeline.address

    def slots(self) -> int:
        """As `Crew` says."""
        count = int(self._ray.cluster_resources().get("CPU", 0)) or os.cpu_count() or 1
        return count if self._workers is None else min(count, self._workers)

    def share(self, inputs: bytes) -> bytes | None:
        """As `Crew` says."""
        self._inputs = self._ray.put(inputs)
        return None

    def submit(self, order: Order, done: Callable[[], None]) -> Any:
        """As `Crew` says."""
        try:
            reference = self._work.remote(order, self._inputs)
        except Exception as error:
            raise Broken(f"Ray takes no more work: {error}") from error
        self._open.add(reference)
        reference.future().add_done_callback(lambda _: done())
        return reference

    def report(self, future: Any) -> Report:
        """As `Crew` says."""
        self._open.discard(future)
        errors = self._ray.exceptions
        try:
            report: Report = self._ray.get(future)
        except (errors.WorkerCrashedError, errors.ObjectLostError, errors.NodeDiedError) as error:
            raise Lost("WorkerLost: a worker of Ray was lost") from error
        except (errors.OutOfMemoryError, errors.TaskCancelledError) as error:
            raise Lost(f"WorkerLost: Ray has ended a worker: {type(error).__name__}") from error
        except errors.RayTaskError as error:
            raise CodeExecError(
                f"a worker of Ray: {error.cause}; codeexec_magics must be installed there: "
                f"{self.install}"
            ) from error
        except Exception as error:
            raise Broken(f"Ray was shut down: {type(error).__name__}: {error}") from error
        return report

    def cancel(self, futures: Sequence[Any]) -> None:
        """As `Crew` says."""
        for reference in futures:
            if self._ray.is_initialized():
                self._ray.cancel(reference)

    def close(self, name: str, seconds: float, *, stop: bool) -> tuple[list[Farewell], int]:
        """As `Crew` says."""
        said, silent = self._lifeline.end(b"s" if stop else b"e", seconds)
        self._inputs = None
        if stop and self._open and self._ray.is_initialized():
            open_ones = list(self._open)
            done, _ = self._ray.wait(open_ones, num_returns=len(open_ones), timeout=seconds)
            silent += len(open_ones) - len(done)
        self._open.clear()
        return said, silent

    def everywhere(self, function: Callable[..., Any], *arguments: Any) -> list[Any]:
        """As `Crew` says: those that take the calls answer."""
        call = self._ray.remote(function)
        return list(self._ray.get([call.remote(*arguments) for _ in range(self.slots())]))

    def lost(self) -> int:
        """As `Crew` says: of nodes; Ray replaces workers without a word."""
        return len(self._began - self._nodes())

    def _nodes(self) -> set[str]:
        if not self._ray.is_initialized():
            return set()
        return {node["NodeID"] for node in self._ray.nodes() if node["Alive"]}
