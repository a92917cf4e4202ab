"""The supervisor: one per kernel, the ancestor of every process that a cell starts.

Runs in a process of its own (``python -I -S -B``), single-threaded, in a session of its own, deaf
to SIGINT. Owns one reaper per run, and whatever a dead reaper leaves behind. It ends, and all below
it with it, when the lifeline closes or the kernel's process ends; no other notice is needed.
"""

from __future__ import annotations

import contextlib
import os
import select
import selectors
import signal
import socket
import sys
import time
import traceback
from typing import Any, NoReturn

from codeexec_magics.protocol import frames
from codeexec_magics.supervision import linux, processes, scratch
from codeexec_magics.supervision.containment import strongest
from codeexec_magics.supervision.reaper import Reaper

PROTOCOL = 1

_STRANGER_ROUND = 0.005
_LONGEST_END = 10.0
_BLOCKED = (signal.SIGTERM, signal.SIGCHLD)


class Supervisor:
    """The process's one object: the lifeline, the runs, and the loop."""

    def __init__(self, lifeline: socket.socket, owner: int, session: str) -> None:
        self._lifeline = lifeline
        self._owner = owner
        self._session = session
        self._reader = frames.FrameReader()
        self._descriptors: list[int] = []
        self._runs: dict[int, socket.socket] = {}
        self._lost: list[socket.socket] = []
        self._count = 0
        self._ending = False
        self._selector = selectors.DefaultSelector()

    def serve(self) -> None:
        """Serve until the owner is gone, then end everything and return."""
        self._become_alone()
        self._watch()
        while not self._ending:
            timeout = _STRANGER_ROUND if self._lost else None
            for key, _ in self._selector.select(timeout):
                key.data()
            self._reap()
            if self._lost:
                self._end_strangers()
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
        wake, wake_end = os.pipe()
        for fd in (wake, wake_end):
            os.set_blocking(fd, False)
        signal.set_wakeup_fd(wake_end, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, lambda *_: self._end())
        self._wake = wake

        self._selector.register(self._lifeline, selectors.EVENT_READ, self._on_lifeline)
        self._selector.register(wake, selectors.EVENT_READ, self._on_wake)
        if hasattr(os, "pidfd_open"):
            # The socket alone is no proof of life: a fork of the kernel holds it open too.
            with contextlib.suppress(OSError):
                self._selector.register(os.pidfd_open(self._owner), selectors.EVENT_READ, self._end)
        if os.getppid() != self._owner:
            self._end()

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
        elif request["type"] == "lease" and self._descriptors:
            self._lease(request, socket.socket(fileno=self._descriptors.pop(0)))

    def _welcome(self, hello: dict[str, Any]) -> None:
        self._tier, reasons = strongest(hello["containment"])
        welcome = {
            "type": "welcome",
            "protocol": PROTOCOL,
            "pid": os.getpid(),
            "containment": self._tier.name,
            "reasons": reasons,
        }
        frames.send(self._lifeline, welcome)

    def _lease(self, lease: dict[str, Any], run: socket.socket) -> None:
        """Fork a reaper for a run; what happens in the run is between it and the owner."""
        self._count += 1
        lease.update(session=self._session, run=self._count, supervisor=os.getpid())
        # Until the reaper has its own handlers a signal must wait, or an early kill is lost.
        signal.pthread_sigmask(signal.SIG_BLOCK, _BLOCKED)
        try:
            pid = os.fork()
            if pid == 0:
                _become_reaper(run, lease, self._tier())
            self._runs[pid] = run
        except OSError as error:
            _tell(run, {"type": "refused", "errno": error.errno, "path": "", "reason": str(error)})
            run.close()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _BLOCKED)

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            run = self._runs.pop(pid, None)
            if run is None:
                continue
            if status == 0:
                run.close()
            else:
                self._lost.append(run)

    def _end_strangers(self) -> None:
        """End what a dead reaper left: every child that is no reaper, until none is there."""
        strangers = [pid for pid in processes.children(os.getpid()) if pid not in self._runs]
        for pid in strangers:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        if strangers:
            return
        for run in self._lost:
            _tell(run, {"type": "exited", "cause": "reaper_lost", "status": None, "left": 0})
            run.close()
        self._lost.clear()
        if not self._runs:
            scratch.remove(scratch.session_directory(self._session))

    def _end_everything(self) -> None:
        """Have the reapers clean up, then end whatever is still there."""
        for pid in self._runs:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + _LONGEST_END
        while time.monotonic() < deadline:
            self._reap()
            children = processes.children(os.getpid())
            if not children:
                break
            for pid in children:
                if pid not in self._runs:
                    with contextlib.suppress(OSError):
                        os.kill(pid, signal.SIGKILL)
            select.select([self._wake], [], [], _STRANGER_ROUND)
            self._on_wake()
        scratch.remove(scratch.session_directory(self._session))


def _become_reaper(run: socket.socket, lease: dict[str, Any], containment: Any) -> NoReturn:
    try:
        Reaper(run, lease, containment).hold()
    finally:
        os._exit(1)


def _tell(run: socket.socket, message: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):
        frames.send(run, message)


def main(arguments: list[str]) -> None:
    """Serve on the lifeline whose descriptor, owner and session the arguments give."""
    fd, owner, session = arguments
    lifeline = socket.socket(fileno=int(fd))
    try:
        Supervisor(lifeline, int(owner), session).serve()
    except Exception:
        _tell(lifeline, {"type": "fault", "text": traceback.format_exc()})
        raise
