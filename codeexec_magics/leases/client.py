"""The kernel's side of the supervisor: start it, lease workers from it, end it.

Lives in the kernel (or in any process that executes). Owns the supervisor's process and the
lifeline. There is no thread: each run is spoken with over a socket of its own (`lease`).
"""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import select
import socket
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from codeexec_magics.errors import (
    CodeExecError,
    InvalidOptions,
    IsolationUnavailable,
    LanguageUnavailable,
    ProtocolError,
    SupervisorLost,
)
from codeexec_magics.leases.lease import Lease
from codeexec_magics.leases.request import Kept, Late, Request
from codeexec_magics.protocol import frames
from codeexec_magics.protocol.numbers import VERSION
from codeexec_magics.supervision import cgroup, processes, scratch
from codeexec_magics.supervision.recipe import Recipe
from codeexec_magics.values import events

_ENTRY = str(Path(__file__).parents[1] / "supervision" / "__main__.py")
_STARTUP = 20.0
_FAREWELL = 12.0
_TURN_OF_REAPERS = 0.5
_LONGEST_SWEEP = 2.0
_SWEEP_ROUND = 0.002
_log = logging.getLogger("codeexec_magics.supervision")


class SupervisorClient:
    """A supervisor that is started at its first use, and again if it was lost.

    Args:
        containment: A tier's name, or ``auto`` for the strongest that works on this machine.

    Raises:
        InvalidOptions: No tier has this name.
    """

    def __init__(self, containment: str = "auto") -> None:
        check_containment(containment)
        self._wanted = containment
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._lifeline: socket.socket | None = None
        self._session = ""
        self._welcome: dict[str, Any] = {}
        self._leases: weakref.WeakSet[Lease] = weakref.WeakSet()
        self._kept = Kept()
        _clients.add(self)

    @property
    def pid(self) -> int | None:
        """The supervisor's process; None while there is none."""
        return self._process.pid if self._process else None

    @property
    def session(self) -> str:
        """The session's marker, as the environment of every process of a run carries it."""
        return self._session

    def welcome(self) -> Mapping[str, Any]:
        """What the supervisor said of this machine: ``containment`` and ``reasons``; starts it."""
        with self._lock:
            self._ensure()
            return dict(self._welcome)

    def start_early(self) -> bool:
        """Begin to start the supervisor, and do not wait; what fails shows at its first use.

        Returns:
            Whether that was to be done.
        """
        with self._lock, contextlib.suppress(OSError):
            if self._process is None:
                self._spawn()
                return True
        return False

    def lease(self, recipe: Recipe, patience: float) -> Lease:
        """Have a worker started, or take one that stands by, and return the right to talk to it.

        Args:
            recipe: What the worker is made from.
            patience: Seconds to wait for the reaper.

        Raises:
            LanguageUnavailable: The system cannot start the command.
            SupervisorLost: The supervisor vanished twice in a row.
        """
        lease = self._leased_ahead(recipe, patience) or self._leased_now(recipe, patience)
        self._leases.add(lease)
        return lease

    def ask_ahead(self, recipe: Recipe, *, idle: bool) -> None:
        """Have a worker handed over before it is wanted; `lease` takes it if it is still good.

        Nothing is owed for it: it is given up when nobody uses the recipe for some time, when
        others are used, or when memory is short. What fails shows when a worker is leased.

        Args:
            recipe: What the worker is made from; nothing is done if none like it is to stand by.
            idle: Whether it is handed over when nothing else is under way.
        """
        with self._lock, contextlib.suppress(OSError, frames.FrameError):
            if self._lifeline is None or recipe.ahead < 1:
                return
            if not self._kept.has(recipe):
                request = Request(recipe)
                self._kept.add(request)
                request.send_ahead(self._lifeline, self._session, idle=idle)

    def _leased_ahead(self, recipe: Recipe, patience: float) -> Lease | None:
        """The worker that was asked for before; None if there is none, or no good one."""
        with self._lock:
            self._ensure()
            request, lifeline = self._kept.take(recipe), self._lifeline
        if request is None or lifeline is None:
            return None
        try:
            if not request.claim():
                return None
            if not request.is_answered:
                with self._lock:
                    frames.send(lifeline, {"type": "hurry"})
            lease = request.lease(patience)
            if request.is_good(lease):
                return lease
            lease.close()
        except (OSError, CodeExecError):
            return None  # what is wrong shows when one is leased now
        finally:
            request.close()
        return None

    def _leased_now(self, recipe: Recipe, patience: float) -> Lease:
        for attempt in (1, 2):
            request, asked = Request(recipe), None
            try:
                with self._lock:
                    self._ensure()
                    assert self._lifeline is not None
                    asked = self._process
                    request.send(self._lifeline, self._session)
                return request.lease(patience)
            except frames.FrameError as error:
                raise LanguageUnavailable(f"the environment is too large: {error}") from None
            except (OSError, SupervisorLost) as error:
                if isinstance(error, Late) and self._is_busy():
                    # What others run must not end for this.
                    raise SupervisorLost(str(error)) from None
                self._lose(asked)
                if attempt == 2:
                    raise SupervisorLost(
                        "the supervisor vanished while a worker was started"
                    ) from error
            finally:
                request.close()
        raise AssertionError("unreachable")

    def notice_loss(self) -> None:
        """Collect a supervisor that has been killed, so that it stays no zombie."""
        with self._lock:
            self._notice_loss()

    def sweep(self, session: str) -> int:
        """After the loss of supervisor and reaper: end what carries the session's marker.

        Args:
            session: The lease's; another thread may have started a new one by now.

        Returns:
            How many such processes are left.
        """
        # Reapers that live have their turn before: they also find what has lost the marker.
        turn_ends = time.monotonic() + _TURN_OF_REAPERS
        while processes.marked(session) and time.monotonic() < turn_ends:
            select.select([], [], [], _SWEEP_ROUND)
        deadline = time.monotonic() + _LONGEST_SWEEP
        while processes.kill_marked(session) and time.monotonic() < deadline:
            select.select([], [], [], _SWEEP_ROUND)
        cgroup.remove_left(session)
        scratch.remove(scratch.session_directory(session))
        return len(processes.marked(session))

    def close(self) -> None:
        """End the supervisor and with it everything below it; returns when it has ended."""
        with self._lock:
            self._close()

    def _ensure(self) -> None:
        self._notice_loss()
        if self._process is None:
            self._spawn()
        if not self._welcome:
            try:
                self._greet()
            except BaseException:
                self._close()
                raise

    def _notice_loss(self) -> None:
        if self._process is not None and self._process.poll() is not None:
            events.emit(_log, logging.WARNING, events.SUPERVISOR_LOST, pid=self._process.pid)
            self._close()

    def _spawn(self) -> None:
        self._session = secrets.token_hex(8)
        ours, theirs = socket.socketpair()
        try:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-I",
                    "-S",
                    *_bytecode_options(),
                    _ENTRY,
                    str(theirs.fileno()),
                    str(os.getpid()),
                    self._session,
                    *_employer(),
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                pass_fds=(theirs.fileno(),),
            )
            self._lifeline = ours
            frames.send(
                ours,
                {
                    "type": "hello",
                    "protocol": VERSION,
                    "session": self._session,
                    "containment": self._wanted,
                },
            )
        except BaseException:
            ours.close()
            self._close()
            raise
        finally:
            theirs.close()

    def _greet(self) -> None:
        assert self._lifeline is not None
        assert self._process is not None
        self._lifeline.settimeout(_STARTUP)
        try:
            welcome = frames.receive(self._lifeline)
        except TimeoutError:
            raise SupervisorLost(f"the supervisor was not ready within {_STARTUP:g} s") from None
        self._lifeline.settimeout(None)
        if welcome is None:
            raise SupervisorLost("the supervisor ended while it started")
        if welcome["type"] == "fault":
            _log.error("%s\n%s", events.FAULT, welcome.get("text"))
            raise CodeExecError("the supervisor failed to start; the log has its traceback")
        if welcome.get("protocol") != VERSION:
            raise ProtocolError(
                f"the supervisor speaks protocol {welcome.get('protocol')}, not {VERSION}; "
                "restart the kernel after an upgrade of codeexec_magics"
            )
        tier = welcome["containment"]
        if self._wanted not in ("auto", tier):
            reasons = "; ".join(welcome["reasons"])
            raise IsolationUnavailable(f"this machine cannot hold programs by {reasons}")
        self._welcome = welcome
        events.emit(
            _log, logging.DEBUG, events.SUPERVISOR_STARTED, pid=self._process.pid, containment=tier
        )
        if welcome["reasons"]:
            events.emit(
                _log,
                logging.WARNING,
                events.CONTAINMENT_WEAK,
                containment=tier,
                reason="; ".join(welcome["reasons"]),
            )

    def _is_busy(self) -> bool:
        return any(lease.exit is None for lease in list(self._leases))

    def _lose(self, process: subprocess.Popen[bytes] | None) -> None:
        with self._lock:
            if self._process is process:  # else another thread has noticed before
                self._close()

    def _close(self) -> None:
        lifeline, process = self._lifeline, self._process
        self._lifeline = self._process = None
        self._welcome = {}
        self._kept.clear()
        if lifeline is not None:
            lifeline.close()
        if process is not None:
            try:
                process.wait(_FAREWELL)
            except subprocess.TimeoutExpired:
                process.kill()  # stopped or stuck: its reapers clean up by themselves
                process.wait()
                self.sweep(self._session)  # what a dead reaper left had only the supervisor

    def _forget(self) -> None:
        """In a fork of this process: the supervisor is not ours, and must not be held open."""
        lifeline, process = self._lifeline, self._process
        self._lifeline = self._process = None
        self._welcome = {}
        self._lock = threading.Lock()
        self._kept.clear()
        if lifeline is not None:
            lifeline.close()
        if process is not None:
            process.returncode = 0  # not our child: nothing to wait for


def _employer() -> list[str]:
    """The process for which this one works, as one of a pool; nothing where there is none."""
    multiprocessing = sys.modules.get("multiprocessing")
    parent = multiprocessing.parent_process() if multiprocessing is not None else None
    return [str(parent.pid)] if parent is not None and parent.pid == os.getppid() else []


def _bytecode_options() -> list[str]:
    """What this process does with bytecode, the supervisor does: it is isolated from variables."""
    prefix = getattr(sys, "pycache_prefix", None)
    options = ["-B"] if sys.dont_write_bytecode else []
    return [*options, *(["-X", f"pycache_prefix={prefix}"] if prefix else [])]


def check_containment(name: str) -> None:
    """Refuse a tier that does not exist.

    Raises:
        InvalidOptions: No tier has this name.
    """
    if name == "auto":
        return
    # Late: the tiers bring ctypes, which a kernel that leaves the choice to us need not load.
    from codeexec_magics.supervision.containment import BY_NAME

    if name not in BY_NAME:
        known = ", ".join(["auto", *BY_NAME])
        raise InvalidOptions(f"no containment is called {name!r}; choose from {known}")


_clients: weakref.WeakSet[SupervisorClient] = weakref.WeakSet()


def _forget_all() -> None:
    for client in list(_clients):
        client._forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
