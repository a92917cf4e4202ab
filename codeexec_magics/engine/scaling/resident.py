"""The process that serves a map elsewhere: it stays between the map's chunks.

Lives in another engine's worker; each has a thread of its own, in which the ordinary map of one
process runs. It ends with the map; when nobody has given it anything for a while; and with the
worker.
"""

from __future__ import annotations

import contextvars
import os
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from typing import Any

from codeexec_magics.engine.hosting import Host
from codeexec_magics.engine.mapping import MapPlan
from codeexec_magics.engine.mapping.fed_items import Chunk, FedItems
from codeexec_magics.engine.observer import Observer, Running
from codeexec_magics.engine.scaling.lifeline import Link
from codeexec_magics.engine.scaling.order import Farewell, Mission, unpacked
from codeexec_magics.engine.timers import Pulse
from codeexec_magics.errors import CodeExecError
from codeexec_magics.values.results import ExecutionResult, Outcome, Receipt

_LONGEST_IDLE = 5.0
"""Seconds without a chunk."""
_ROUND = 1.0


class Resident:
    """Serves the chunks of one map, one at a time.

    Args:
        mission: What the map is about.
        inputs: What all items share, packed.
        host: The engine that has given this thread its work; None if none is known.

    Attributes:
        worker: Who it is, for people.
        result: How it ended; None before.
    """

    def __init__(self, mission: Mission, inputs: bytes | None, host: Host | None) -> None:
        self._mission = mission
        self._inputs: Mapping[str, Any] = unpacked(inputs) if inputs is not None else {}
        self.worker = host.name if host is not None else f"{socket.gethostname()}:{os.getpid()}"
        options = replace(mission.options, standbys=0)
        self._options = host.limited(options) if host is not None else options
        self._link = Link(mission.lifeline)
        self._items = FedItems()
        self._items.watched.update(self._link.watched(self._items.close, self.interrupt))
        self._lock = threading.Lock()
        self._printed: dict[str, list[str]] = {"stdout": [], "stderr": []}
        self._running: Running | None = None
        self._is_unwanted = self._link.is_over
        self._pending: Chunk | None = None
        self._ended = threading.Event()
        self.result: ExecutionResult | None = None
        context = contextvars.Context()  # to the engine, this thread is none of its tasks
        self._thread = threading.Thread(
            target=context.run, args=(self._serve,), name=f"codeexec-map-{mission.map}", daemon=True
        )

    def give(self, chunk: Chunk) -> bool:
        """Hand a chunk over; False if it has ended, or is about to."""
        with self._lock:
            if self._ended.is_set() or self._items.is_closed:
                return False
            self._pending = chunk
            self._items.push(chunk)
        if not self._thread.is_alive():
            self._thread.start()
        return True

    def printed(self) -> dict[str, str]:
        """What has been printed since the last call, by stream."""
        with self._lock:
            texts = {name: "".join(parts) for name, parts in self._printed.items()}
            for parts in self._printed.values():
                parts.clear()
        return texts

    def close(self) -> None:
        """There are no more chunks."""
        self._items.close()

    def interrupt(self) -> None:
        """The map is not wanted any more: end its program, with its grace. May be called twice."""
        with self._lock:
            if self._is_unwanted:
                return
            self._is_unwanted = True
            self._items.close()
            if self._running is not None:
                self._running.interrupt()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until nothing of it is left; whether that is so."""
        return self._ended.wait(seconds)

    def farewell(self) -> Farewell:
        """Its last word, once it has ended."""
        result = self.result
        receipt = result.receipt if result is not None else Receipt()
        return Farewell(
            worker=self.worker,
            receipt=receipt,
            cpu_time=result.cpu_time if result is not None else None,
            peak_memory=result.peak_memory if result is not None else None,
            printed=self.printed(),
        )

    def _serve(self) -> None:
        """Everything that happens in its thread."""
        mission = self._mission
        try:
            # The executor of this process stands above all that it uses.
            above = import_module("codeexec_magics.engine.transform")
            self.result = above.shared_executor().map(
                mission.program,
                self._options,
                self._items,
                self._inputs,
                self._observer(),
                plan=MapPlan(workers=1, batch=mission.batch, on_error=mission.on_error),
                label=mission.label,
            )
        except BaseException as error:  # noqa: BLE001 - who waits for a chunk must hear of it
            self.result = refused(mission.program.language, error)
        finally:
            self._end()

    def _end(self) -> None:
        with self._lock:
            self._ended.set()
            chunk, self._pending = self._pending, None
        if chunk is not None and not chunk.finished.is_set():
            chunk.fault = self.result
            chunk.finished.set()
        self._items.give_up()
        self._link.close(self.farewell() if self._link.is_held else None)

    def _observer(self) -> Observer:
        return Observer(
            output=self._print,
            started=self._started,
            timers=(Pulse(self._look, time.monotonic() + _ROUND, _ROUND),),
        )

    def _look(self) -> None:
        """End it where nobody has given it anything for long."""
        with self._lock:
            is_idle = self._items.chunk is None
            if is_idle and time.monotonic() - self._items.idle_since > _LONGEST_IDLE:
                self._items.close()

    def _started(self, running: Running) -> None:
        with self._lock:
            self._running = running
            if self._is_unwanted:
                running.interrupt()

    def _print(self, stream: str, text: str) -> None:
        with self._lock:
            self._printed[stream].append(text)


def refused(language: str, error: BaseException) -> ExecutionResult:
    """The result of a map that could not be run at all."""
    kind = type(error).__name__
    outcome = Outcome.FAILED if isinstance(error, CodeExecError) else Outcome.CRASHED
    return ExecutionResult(outcome, language, error=f"{kind}: {error}")
