"""What a worker of another engine does with a chunk of a map, and at the map's end.

Lives in that worker, in the thread that the engine gives. Owns the processes that serve maps there:
a chunk takes an idle one of its map, or has one started.
"""

from __future__ import annotations

import os
import threading
import time
from dataclasses import replace

from codeexec_magics.engine import hosting
from codeexec_magics.engine.mapping.fed_items import Chunk
from codeexec_magics.engine.mapping.items import Batch
from codeexec_magics.engine.scaling.order import Farewell, Mission, Order, Report, unpacked, version
from codeexec_magics.engine.scaling.resident import Resident, refused
from codeexec_magics.errors import CodeExecError, DecodingFailed
from codeexec_magics.values.results import Outcome

_ROUND = 0.05
"""Seconds between two questions whether the chunk is wanted."""

_lock = threading.Lock()
_residents: dict[str, list[Resident]] = {}
_idle: dict[str, list[Resident]] = {}


def work(order: Order, inputs: bytes | None = None) -> Report:
    """Work on a chunk, and tell what came of it, whatever that is.

    Args:
        order: The chunk.
        inputs: What all items share, packed, where it does not come with the order.

    Raises:
        BaseException: What the engine understands, where it does not want the chunk any more.
    """
    mission, host = order.mission, hosting.current()
    began = time.monotonic()
    try:
        _check_version(mission, host)
        resident, chunk = _begin(order, inputs, host)
    except CodeExecError as error:
        fault = refused(mission.program.language, error)
        return Report(number=order.number, worker=_name(host), fault=fault)
    _await(resident, chunk, host)
    if chunk.fault is None:
        with _lock:
            _idle.setdefault(mission.map, []).append(resident)
    wanted = len(chunk.values)
    if mission.on_error == "stop" and chunk.failures:
        wanted = min(chunk.failures) - order.first + 1
    return Report(
        number=order.number,
        worker=resident.worker,
        values=chunk.values[:wanted] if chunk.fault is None else [],
        failures=chunk.failures,
        fault=chunk.fault and replace(chunk.fault, output=None),
        seconds=time.monotonic() - began,
        setup=chunk.setup or 0.0,
        printed=resident.printed(),
    )


def close(name: str, seconds: float, *, stop: bool) -> tuple[list[Farewell], int]:
    """End what serves a map here, and wait until nothing of it is left.

    Args:
        name: The map's.
        seconds: How long to wait.
        stop: Whether what is under way is to be interrupted.

    Returns:
        The last words of those that have ended, and how many have not.
    """
    deadline = time.monotonic() + seconds
    with _lock:
        found = _residents.pop(name, [])
        _idle.pop(name, None)
    for resident in found:
        if stop:
            resident.interrupt()
        else:
            resident.close()
    ended = [one for one in found if one.wait(max(0.0, deadline - time.monotonic()))]
    return [one.farewell() for one in ended], len(found) - len(ended)


def _begin(order: Order, inputs: bytes | None, host: hosting.Host | None) -> tuple[Resident, Chunk]:
    """Have the chunk worked on."""
    mission = order.mission
    try:
        items = unpacked(order.items)
    except Exception as error:
        raise _unreadable("the items", _name(host), error) from error
    chunk = Chunk(Batch(order.first, items))
    while (resident := _take_idle(mission.map)) is not None:
        if resident.give(chunk):
            return resident, chunk
    try:
        resident = Resident(mission, inputs if inputs is not None else mission.inputs, host)
    except CodeExecError:
        raise
    except Exception as error:
        raise _unreadable("the inputs", _name(host), error) from error
    with _lock:
        _residents.setdefault(mission.map, []).append(resident)
    resident.give(chunk)
    return resident, chunk


def _take_idle(name: str) -> Resident | None:
    with _lock:
        idle = _idle.get(name)
        return idle.pop() if idle else None


def _await(resident: Resident, chunk: Chunk, host: hosting.Host | None) -> None:
    """Wait until a chunk is done with, or not wanted any more."""
    try:
        while not chunk.finished.wait(_ROUND):
            if host is not None and not host.wanted():
                resident.interrupt()
    except BaseException:  # an interrupt of this process
        resident.interrupt()
        resident.wait()
        raise
    interrupted = chunk.fault is not None and chunk.fault.outcome is Outcome.INTERRUPTED
    if interrupted and host is not None and not host.wanted():
        raise host.unwanted("the map does not want this chunk any more")


def _check_version(mission: Mission, host: hosting.Host | None) -> None:
    if mission.version != version():
        raise CodeExecError(
            f"{_name(host)} has codeexec_magics {version()}, and this process has "
            f"{mission.version}: install the same there"
        )


def _unreadable(what: str, worker: str, error: Exception) -> DecodingFailed:
    reason = f"{type(error).__name__}: {error}"
    return DecodingFailed(f"{what} cannot be read by {worker}: {reason}", path="items")


def _name(host: hosting.Host | None) -> str:
    return host.name if host is not None else f"process {os.getpid()}"


def _forget() -> None:
    """A forked child has none of the threads."""
    global _lock
    _lock = threading.Lock()
    _residents.clear()
    _idle.clear()


os.register_at_fork(after_in_child=_forget)
