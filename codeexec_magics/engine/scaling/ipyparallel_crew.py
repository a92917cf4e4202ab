"""The engines of an ipyparallel client as a crew.

Lives in the process that calls the map. Engines are addressed one by one, each with its own queue,
since a signal reaches an engine, and not a task.

Sources: ipyparallel's documentation of `DirectView.apply_async`, `AsyncResult`, `send_signal`.
"""

from __future__ import annotations

import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from codeexec_magics.engine.scaling.crew import Broken, Lost
from codeexec_magics.engine.scaling.lifeline import Lifeline
from codeexec_magics.engine.scaling.order import Farewell, Order, Report, inputs_for_each
from codeexec_magics.engine.scaling.work import work
from codeexec_magics.errors import CodeExecError, InvalidOptions

_ROUND = 0.02


class IpyparallelCrew:
    """A client, for the time of one map.

    Args:
        client: The user's own.
        workers: The most chunks at once.
        once: Whether no item may be begun twice: a queue begins nothing twice.

    Raises:
        InvalidOptions: It has no engines.
    """

    name = "ipyparallel"
    install = 'client[:].run_sh("pip install codeexec_magics[js,arrow]")'

    def __init__(self, client: Any, workers: int | None, once: bool) -> None:
        self._client = client
        self._workers = workers
        if not client.ids:
            raise InvalidOptions("on= has an ipyparallel client without engines: start some first")
        self._began = set(client.ids)
        self._where: dict[Any, int] = {}
        self._lifeline = Lifeline()
        self.lifeline = self._lifeline.address

    def slots(self) -> int:
        """As `Crew` says."""
        count = max(1, len(self._client.ids))
        return count if self._workers is None else min(count, self._workers)

    def share(self, inputs: bytes) -> bytes | None:
        """As `Crew` says."""
        return inputs_for_each(inputs, self.name)

    def submit(self, order: Order, done: Callable[[], None]) -> Any:
        """As `Crew` says."""
        held = Counter(self._where.values())
        engines = sorted(self._client.ids, key=lambda engine: (held[engine], engine))
        if not engines:
            raise Broken("ipyparallel has no engines any more")
        engine = engines[0]
        try:
            future = self._client[engine].apply_async(work, order)
        except Exception as error:
            raise Broken(f"ipyparallel takes no more work: {error}") from error
        self._where[future] = engine
        future.add_done_callback(lambda _: done())
        return future

    def report(self, future: Any) -> Report:
        """As `Crew` says."""
        engine = self._where.pop(future, None)
        errors = sys.modules["ipyparallel.error"]
        try:
            report: Report = future.get()
        except (errors.EngineError, errors.TaskAborted) as error:
            raise Lost(f"WorkerLost: engine {engine} of ipyparallel was lost") from error
        except errors.RemoteError as error:
            if error.ename == "EngineError":
                raise Lost(f"WorkerLost: engine {engine} of ipyparallel was lost") from error
            raise CodeExecError(
                f"engine {engine} of ipyparallel: {error.ename}: {error.evalue}; codeexec_magics "
                f"must be installed there: {self.install}"
            ) from error
        return report

    def cancel(self, futures: Sequence[Any]) -> None:
        """As `Crew` says: what waits is taken back; what has begun hears of the map's end."""
        for future in futures:
            if not future.done():
                self._client.abort(future, block=False)

    def close(self, name: str, seconds: float, *, stop: bool) -> tuple[list[Farewell], int]:
        """As `Crew` says."""
        deadline = time.monotonic() + seconds
        said, silent = self._lifeline.end(b"s" if stop else b"e", seconds)
        if stop:
            # Those of other machines do not hear the lifeline; the ones that do are done by now.
            busy = {self._where[one] for one in self._where if not one.done()}
            busy &= set(self._client.ids)
            if busy and not said:
                self._client.send_signal(signal.SIGINT, sorted(busy), block=False)
            while any(not one.done() for one in self._where) and time.monotonic() < deadline:
                time.sleep(_ROUND)
        silent += sum(not one.done() for one in self._where)
        self._where.clear()
        return said, silent

    def everywhere(self, function: Callable[..., Any], *arguments: Any) -> list[Any]:
        """As `Crew` says."""
        return list(self._client[:].apply_sync(function, *arguments))

    def lost(self) -> int:
        """As `Crew` says."""
        return len(self._began - set(self._client.ids))
