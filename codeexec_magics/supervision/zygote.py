"""A fork server: an interpreter that has its modules loaded and forks workers that have them too.

`serve` runs in the zygote, a child of the supervisor with the user's interpreter and environment;
it is single-threaded and never runs a user's program. Owns nothing but itself: the reapers that it
forks become children of the supervisor, which keeps them when the zygote dies.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..protocol import frames
from . import linux
from .containment import BY_NAME
from .reaper import Reaper
from .recipe import Assignment

CHANNEL = 3
"""The descriptor on which a zygote is given its channel to the supervisor."""

_VARIABLES_OF_PATHS = ("PYTHONPATH", "PYTHONHOME", "PYTHONUSERBASE", "PYTHONPYCACHEPREFIX")


def serve(worker: Callable[[], None]) -> None:
    """Load what is asked for, then fork on request until the supervisor is gone.

    Args:
        worker: What a forked worker's process does; does not return.
    """
    os.set_inheritable(CHANNEL, False)
    channel = frames.socket_of(CHANNEL)
    linux.die_with_parent(signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    reader = frames.FrameReader()
    descriptors: list[int] = []
    while True:
        received, passed = frames.receive_some(channel)
        descriptors += passed
        if not received:
            return
        for message in reader.feed(received):
            if message["type"] == "load":
                path = _path_without(message["directory"], message["protected"])
                _load(message["modules"])
                worker = _with_path(path, worker)
                frames.send(channel, {"type": "warm"})
            elif message["type"] == "fork":
                _fork(message, descriptors.pop(0), channel, worker)


def environment(
    variables: Mapping[str, str], directory: str, protected: Sequence[str]
) -> dict[str, str]:
    """The variables of a fork server: those of its workers that lead into no folder of theirs.

    The workers have all of them; it stands outside of what keeps these from harm.

    Args:
        variables: The workers'.
        directory: Their folder.
        protected: What is in it and cannot be changed by a sandboxed program.
    """
    found = dict(variables)
    for name in _VARIABLES_OF_PATHS:
        folders = [folder for folder in found.get(name, "").split(os.pathsep) if folder]
        kept = [folder for folder in folders if _is_outside(folder, directory, protected)]
        if kept != folders:
            found[name] = os.pathsep.join(kept)
            if not kept:
                del found[name]
    return found


def _path_without(directory: str, protected: Sequence[str]) -> list[str]:
    """Leave a folder, and what is below, out of ``sys.path``; what was there before."""
    before = sys.path[:]
    sys.path[:] = [entry for entry in before if _is_outside(entry, directory, protected)]
    sys.path_importer_cache.clear()
    return before


def _with_path(path: list[str], worker: Callable[[], None]) -> Callable[[], None]:
    """A worker that has its whole path again, when it is restricted."""

    def start() -> None:
        own = os.environ.get("PYTHONPATH", "").split(os.pathsep)
        left_out = [os.path.abspath(folder) for folder in own if folder]
        sys.path[:] = [*(folder for folder in left_out if folder not in path), *path]
        worker()

    return start


def _is_outside(path: str, directory: str, protected: Sequence[str]) -> bool:
    """Whether a path is not a folder's, nor in it unprotected, nor relative to wherever one is."""
    if not os.path.isabs(path):
        return False
    real = os.path.join(os.path.realpath(path), "")
    if not real.startswith(os.path.join(os.path.realpath(directory), "")):
        return True
    return any(real.startswith(os.path.join(folder, "")) for folder in protected)


def _load(modules: list[str]) -> None:
    """Import modules ahead; one that cannot be imported is the program's affair, if it needs it."""
    for name in modules:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    gc.collect()
    gc.freeze()  # a collection in a fork must not touch, and so copy, every page


def _fork(
    message: dict[str, Any], fd: int, channel: socket.socket, worker: Callable[[], None]
) -> None:
    """Fork a reaper that is the supervisor's child.

    By a process in between: its end gives the reaper to the supervisor, the nearest subreaper. It
    ends only when the supervisor can know the reaper's process, or it would look like a stray one.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM, signal.SIGUSR1, signal.SIGCHLD))
    between = os.fork()
    if between == 0:
        _be_between(message, fd, channel, worker)
    os.close(fd)
    os.waitpid(between, 0)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGTERM, signal.SIGUSR1, signal.SIGCHLD))


def _be_between(
    message: dict[str, Any], fd: int, channel: socket.socket, worker: Callable[[], None]
) -> None:
    try:
        known, known_end = os.pipe()
        here, here_end = os.pipe()
        handover = frames.socket_of(fd)
        if os.fork() == 0:
            channel.close()
            os.close(known)
            os.close(here_end)
            frames.send(handover, {"type": "standing", "pid": os.getpid()})
            os.close(known_end)
            os.read(here, 1)  # until the process in between ends: it frees much memory first
            os.close(here)
            _be_reaper(message, handover, worker)
        os.close(known_end)
        os.close(here)
        os.read(known, 1)
    finally:
        os._exit(0)


def _be_reaper(
    message: dict[str, Any], handover: socket.socket, worker: Callable[[], None]
) -> None:
    assignment = Assignment.from_message(message)
    while os.getppid() != assignment.supervisor:
        # The last steps of the one in between; there is nothing to wait on for them.
        os.sched_yield()
        if os.getppid() == 1:
            os._exit(1)
    containment = BY_NAME[message["containment"]]()
    Reaper(handover, assignment, containment, lambda: _start_over(worker)).hold()


def _start_over(worker: Callable[[], None]) -> None:
    """In the worker: what must not be the same in every fork."""
    random = getattr(sys.modules.get("numpy"), "random", None)
    if random is not None:
        random.seed()
    worker()
