"""A cluster of Dask as a crew.

Lives in the process that calls the map; what it hands in, runs in the cluster's workers.

Sources: Dask's documentation of `Client.submit`, `cancel`, `run`, `scatter`, and of `Event`.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from typing import Any

from codeexec_magics.engine.scaling.crew import Broken, Lost
from codeexec_magics.engine.scaling.order import Farewell, Order, Report
from codeexec_magics.engine.scaling.work import close, work
from codeexec_magics.errors import CodeExecError, InvalidOptions

_LARGEST_INPUTS = 1 << 18
"""Bytes that go with each order; more is sent to each worker once."""


class DaskCrew:
    """A client, for the time of one map.

    Args:
        client: The user's own.
        workers: The most chunks at once.
        once: Whether no item may be begun twice.

    Raises:
        InvalidOptions: The client is asynchronous, or is closed.
    """

    name = "dask"
    install = 'client.register_plugin(distributed.PipInstall(["codeexec_magics[js,arrow]"]))'
    lifeline = None

    def __init__(self, client: Any, workers: int | None, once: bool) -> None:
        if not hasattr(client, "scheduler_info"):
            client = client._client  # the executor that a client has made
        if client.asynchronous:
            raise InvalidOptions("on= takes no asynchronous client of Dask: make another")
        if client.status != "running":
            raise InvalidOptions(f"on= takes no client of Dask that is {client.status}")
        self._client = client
        self._workers = workers
        self._once = once
        self._inputs: Any = None
        self._began = set(self._addresses())

    def slots(self) -> int:
        """As `Crew` says."""
        info = self._client.scheduler_info(n_workers=-1)["workers"]
        count = max(1, sum(int(worker["nthreads"]) for worker in info.values()))
        return count if self._workers is None else min(count, self._workers)

    def share(self, inputs: bytes) -> bytes | None:
        """As `Crew` says."""
        if len(inputs) <= _LARGEST_INPUTS:
            return inputs
        self._inputs = self._client.scatter(inputs, broadcast=True, hash=False)
        return None

    def submit(self, order: Order, done: Callable[[], None]) -> Any:
        """As `Crew` says."""
        key = f"codeexec-{order.mission.map}-{order.number}-{id(done)}"
        function = _work_once if self._once else work
        try:
            future = self._client.submit(
                function, order, self._inputs, key=key, pure=False, fifo_timeout="0ms"
            )
        except Exception as error:
            raise Broken(f"the Dask client takes no more work: {error}") from error
        future.add_done_callback(lambda _: done())
        return future

    def report(self, future: Any) -> Report:
        """As `Crew` says."""
        distributed = sys.modules["distributed"]
        try:
            report: Report = future.result()
        except distributed.KilledWorker as error:
            raise Lost(f"WorkerLost: {str(error).partition('.')[0]}") from error
        except (CancelledError, asyncio.CancelledError) as error:
            if self._client.status != "running" or not self._addresses():
                raise Broken("the Dask cluster was closed") from error
            raise Lost("WorkerLost: Dask has cancelled the chunk") from error
        except (OSError, distributed.client.TimeoutError) as error:
            raise Broken(f"the Dask cluster cannot be reached: {error}") from error
        except (ImportError, AttributeError) as error:
            raise CodeExecError(
                f"a worker of Dask has no codeexec_magics, or not this version: {error}; install "
                f"it there: {self.install}"
            ) from error
        return report

    def cancel(self, futures: Sequence[Any]) -> None:
        """As `Crew` says."""
        if futures and self._client.status == "running":
            self._client.cancel(list(futures), force=True)

    def close(self, name: str, seconds: float, *, stop: bool) -> tuple[list[Farewell], int]:
        """As `Crew` says."""
        if self._client.status != "running":
            return [], 0
        try:
            # In a thread: the worker's own loop goes on meanwhile.
            answers = self._client.run(
                asyncio.to_thread, close, name, seconds, stop=stop, on_error="ignore"
            )
        except Exception:  # noqa: BLE001 - the cluster has gone meanwhile
            return [], 0
        finally:
            self._inputs = None
        said = [farewell for told, _ in answers.values() for farewell in told]
        return said, sum(silent for _, silent in answers.values())

    def everywhere(self, function: Callable[..., Any], *arguments: Any) -> list[Any]:
        """As `Crew` says."""
        answers = self._client.run(asyncio.to_thread, function, *arguments)
        return list(answers.values())

    def lost(self) -> int:
        """As `Crew` says."""
        return len(self._began - set(self._addresses()))

    def _addresses(self) -> list[str]:
        if self._client.status != "running":
            return []
        return list(self._client.scheduler_info(n_workers=-1)["workers"])


def _work_once(order: Order, inputs: bytes | None) -> Report:
    """Work on a chunk unless somebody has begun it who was lost: Dask gives it to another then."""
    distributed = sys.modules["distributed"]
    begun = distributed.Event(f"codeexec-{order.mission.map}-{order.number}")
    if begun.is_set():
        return Report(number=order.number, worker="", was_begun=True)
    begun.set()
    return work(order, inputs)
