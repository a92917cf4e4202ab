"""The supervisor: one per kernel, the ancestor of every process that a cell starts.

Runs in a process of its own (``python -I -S``), single-threaded, in a session of its own, deaf
to SIGINT. Owns everything below it, by way of `reapers`. It ends, and all below it with it, when
the lifeline closes or the kernel's process ends; no other notice is needed.
"""

from __future__ import annotations

import contextlib
import os
import select
import selectors
import signal
import socket
import sys
from typing import Any

from ..protocol import frames
from ..protocol.numbers import VERSION
from . import (
    cgroup,
    linux,
    processes,
    scratch,
)
from .containment import strongest
from .kept import Kept
from .kill_deadline import KillDeadline
from .reapers import Reapers

_END_ROUND = 0.005
_SOON_STUCK, _LONGEST_KILL = 10.0, 60.0
_LONGEST_TRUST = 7.5
"""Seconds that a reaper has for its run, before we do it ourselves."""


class Supervisor:
    """The process's one object: the lifeline, the reapers, and the loop."""

    def __init__(
        self, lifeline: socket.socket, owner: int, session: str, employer: int | None = None
    ) -> None:
        self._lifeline = lifeline
        self._owner = owner
        self._employer = employer
        self._session = session
        self._reader = frames.FrameReader()
        self._descriptors: list[int] = []
        self._reapers: Reapers | None = None
        self._ending = False
        self._selector = selectors.DefaultSelector()

    def serve(self) -> None:
        """Serve until the owner is gone, then end everything and return."""
        self._become_alone()
        self._watch()
        while not self._ending:
            timeout = self._reapers.patience() if self._reapers else None
            for key, _ in self._selector.select(timeout):
                key.data()
            self._reap()
            if self._reapers is not None:
                self._reapers.look_after()
        self._end_everything()

    def _become_alone(self) -> None:
        os.setsid()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        if sys.platform == "linux":
            linux.set_name("codeexec-super")
            linux.set_dumpable(False)
            linux.become_subreaper()

    def _watch(self) -> None:
        self._wake, wake_end = os.pipe()
        for fd in (self._wake, wake_end):
            os.set_blocking(fd, False)
        signal.set_wakeup_fd(wake_end, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, lambda *_: self._end())

        read = selectors.EVENT_READ
        self._selector.register(self._lifeline, read, self._on_lifeline)
        self._selector.register(self._wake, read, self._on_wake)
        if hasattr(os, "pidfd_open"):
            # The socket alone is no proof of life: a fork of the kernel holds it open too.
            with contextlib.suppress(OSError):
                self._selector.register(os.pidfd_open(self._owner), read, self._end)
            self._watch_employer(read)
        if os.getppid() != self._owner:
            self._end()

    def _watch_employer(self, read: int) -> None:
        """End with the process for which the owner works, as a worker of a pool.

        Such a worker lives on when the one that started it is killed, and would work for nobody.
        """
        if self._employer is None:
            return
        try:
            self._selector.register(os.pidfd_open(self._employer), read, self._end)
        except ProcessLookupError:
            self._end()
        except OSError:
            return

    def _end(self) -> None:
        self._ending = True

    def _on_wake(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self._wake, 4096)

    def _on_lifeline(self) -> None:
        try:
            received, descriptors = frames.receive_some(self._lifeline)
            self._descriptors += descriptors
            requests = self._reader.feed(received)
        except (OSError, frames.FrameError):
            received, requests = b"", []
        if not received:
            self._end()
        for request in requests:
            self._obey(request)

    def _obey(self, request: dict[str, Any]) -> None:
        if request["type"] == "hello":
            self._welcome(request)
        elif self._reapers is not None:
            if request["type"] == "hurry":
                self._reapers.hurry()
            elif request["type"] == "lease" and len(self._descriptors) > ("kept" in request):
                self._lease(request, self._reapers)

    def _lease(self, request: dict[str, Any], reapers: Reapers) -> None:
        run = frames.socket_of(self._descriptors.pop(0))
        when = request.pop("kept", None)
        if when is None:
            reapers.give(request, run)
        else:
            kept = Kept(run, self._descriptors.pop(0))
            reapers.give_ahead(request, kept, idle=when == "idle")

    def _welcome(self, hello: dict[str, Any]) -> None:
        tier, reasons = strongest(hello["containment"])
        self._reapers = Reapers(self._session, self._selector, tier)
        welcome = {
            "type": "welcome",
            "protocol": VERSION,
            "pid": os.getpid(),
            "containment": tier.name,
            "covers": tier.covers,
            "reasons": reasons,
        }
        frames.send(self._lifeline, welcome)

    def _reap(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG | os.WUNTRACED)
                if pid == 0:
                    return
                if os.WIFSTOPPED(status):
                    # Only a program that attacks stops a reaper, which then cannot end its run.
                    os.kill(pid, signal.SIGKILL)

    def _end_everything(self) -> None:
        """Have the reapers clean up, then end whatever is still there."""
        reapers = self._reapers.processes() if self._reapers else set()
        for pid in reapers:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGUSR1)
        deadline = KillDeadline(soon=_SOON_STUCK, longest=_LONGEST_KILL)
        while True:
            self._reap()
            children = processes.children(os.getpid())
            if not children or deadline.is_over(children.copy):
                break
            for pid in children:
                if pid not in reapers or deadline.seconds > _LONGEST_TRUST:
                    with contextlib.suppress(OSError):
                        os.kill(pid, signal.SIGKILL)
            select.select([self._wake], [], [], _END_ROUND)
            self._on_wake()
        cgroup.remove_left(self._session)
        scratch.remove(scratch.session_directory(self._session))


def main(arguments: list[str]) -> None:
    """Serve on the lifeline whose descriptor, owner and session the arguments give.

    A fourth is the owner's employer.
    """
    fd, owner, session, *employer = arguments
    lifeline = frames.socket_of(int(fd))
    try:
        Supervisor(lifeline, int(owner), session, *map(int, employer)).serve()
    except Exception:  # the last chance to tell the owner what went wrong
        import traceback  # late: it takes a tenth of the start

        with contextlib.suppress(OSError):
            frames.send(lifeline, {"type": "fault", "text": traceback.format_exc()})
        raise
