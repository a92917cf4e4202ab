"""One reaper per run: it starts the worker, ends all that the worker started, and tells the owner.

Runs in a process of its own, a child of the supervisor. Owns the run: the worker and every process
below it, the scratch directory, the deadline. It stands by with its worker until the supervisor
hands it a run socket, and ends when ``waitpid`` says that nothing of the run is left.

2026-11: the reaper speaks with the kernel itself, over a socket pair that the kernel made for this
run, and keeps the run's deadline. DESIGN has the supervisor do both. This way a run is cleaned and
reported even when the supervisor is killed, a run cannot delay another's kill, and no reply has to
be matched to a request.
"""

from __future__ import annotations

import contextlib
import os
import resource
import select
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from ..protocol import frames
from . import (
    linux,
    memory,
    processes,
    scratch,
    system_v,
    worker,
)
from .channels import Channels
from .containment import Containment
from .exits import Exits
from .init import Account, be_init
from .item_clock import ItemClock
from .kill_deadline import KillDeadline
from .limits import Limits, Watch, limit_cores
from .recipe import Assignment
from .referee import Referee

_KILL_ROUND = 0.02
_SOON_STUCK, _LONGEST_KILL = 5.0, 30.0


class Reaper:
    """The run that this process holds; made and used once.

    Args:
        channel: The socket to the supervisor, on which the run is handed over.
        assignment: What the worker is made from.
        containment: What holds the run together.
        serve: What the worker does instead of an exec, below a zygote.
    """

    def __init__(
        self,
        channel: socket.socket,
        assignment: Assignment,
        containment: Containment,
        serve: Callable[[], None] | None = None,
    ) -> None:
        self._channel = channel
        self._assignment = assignment
        self._containment = containment
        self._serve = serve
        self._owner: socket.socket | None = None
        self._status: socket.socket | None = None
        self._referee: Referee | None = None
        self._reader = frames.FrameReader()
        self._cause: str | None = None
        self._timer: tuple[float, str] | None = None
        self._watch: Watch | None = None
        self._item_clock: ItemClock | None = None
        self._grace = 0.0
        self._stopping: str | None = None
        self._exits = Exits()
        self._failure: dict[str, Any] | None = None

    def hold(self) -> NoReturn:
        """Hold the run from its first process to its last; does not return."""
        try:
            try:
                self._prepare()
                self._start()
                while self._cause is None:
                    self._wait()
            except Exception as error:  # noqa: BLE001 - ours or the machine's: the owner is told
                self._refuse(0, "", f"{type(error).__name__}: {error}")
            self._end()
            self._report()
        finally:
            os._exit(0)

    def _prepare(self) -> None:
        self._close_what_is_not_ours()
        os.setsid()
        self._wake, wake_end = os.pipe()
        for fd in (self._wake, wake_end):
            os.set_blocking(fd, False)
        signal.set_wakeup_fd(wake_end, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGCHLD):
            signal.signal(number, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        if sys.platform == "linux":
            linux.set_name("codeexec-reaper")
            linux.set_dumpable(False)
            # Handled, not fatal: this process outlives the supervisor just long enough to clean up.
            linux.die_with_parent(signal.SIGTERM)
        if os.getppid() != self._assignment.supervisor:
            os._exit(0)
        self._killed_before = memory.oom_kills()
        self._containment.enter_reaper()

    def _close_what_is_not_ours(self) -> None:
        # What the supervisor holds open must end with it alone: its lifeline, the others' sockets.
        kept = self._channel.fileno()
        os.closerange(3, kept)
        os.closerange(kept + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])

    def _start(self) -> None:
        assignment = self._assignment
        environment = {**assignment.environment, **scratch.variables(assignment.scratch)}
        environment[processes.MARKER] = assignment.session
        # Ahead: a file system takes its time, and a sandboxed program must find it there.
        scratch.create(assignment.scratch)
        self._channels = Channels()
        self._place = assignment.place()
        self._status, status_end = socket.socketpair()
        self._init_status, init_end = os.pipe()
        launch = worker.Launch(
            argv=assignment.argv,
            environment=environment,
            directory=assignment.directory,
            ends=self._channels.theirs,
            status=status_end.fileno(),
            isolation=assignment.isolation,
            scratch=assignment.scratch,
            serve=self._serve,
        )
        self._exits.main = os.fork()
        if self._exits.main == 0:
            signal.set_wakeup_fd(-1)
            if self._containment.has_init:
                be_init(launch, self._containment, init_end)
            worker.become(launch, self._containment)
        self._channels.close_theirs()
        status_end.close()
        os.close(init_end)

    def _wait(self) -> None:
        """Wait for the next thing that happens, and see to it."""
        times = [self._timer[0]] if self._timer is not None else []
        times += [each.next for each in (self._watch, self._item_clock) if each is not None]
        timeout = max(0.0, min(times) - time.monotonic()) if times else None
        said = self._channel if self._owner is None else self._owner
        watched: list[Any] = [said, self._wake, *self._of_worker()]
        ready, _, _ = select.select(watched, [], [], timeout)
        self._hear_worker(ready)
        if self._wake in ready:
            self._read_signals()
        if self._channel in ready and self._cause is None:
            # A worker that has just ended is not offered: the supervisor then starts another.
            self._take_over()
        if self._owner in ready:
            self._read_requests()
        if self._cause is None and self._timer is not None and self._timer[0] <= time.monotonic():
            self._on_time()
        if self._cause is None and self._watch is not None and self._watch.next <= time.monotonic():
            self._look()
        if self._cause is None and self._item_clock and self._item_clock.next <= time.monotonic():
            self._look_at_item()

    def _of_worker(self) -> Iterator[Any]:
        """What tells of the worker: how its start went, and the calls that are to be decided."""
        if self._status is not None:
            yield self._status
        if self._referee is not None:
            yield self._referee.fd

    def _hear_worker(self, ready: list[Any]) -> None:
        if self._status is not None and self._status in ready:
            self._read_status()
        if self._referee is not None and self._referee.fd in ready:
            self._referee.decide()

    def _take_over(self) -> None:
        """The supervisor hands a run over, or has ended."""
        _, descriptors = frames.receive_some(self._channel)
        if not descriptors:
            self._finish("owner_gone")
            return
        if self._assignment.place() != self._place:
            os.close(descriptors[0])
            self._finish("owner_gone")  # the supervisor starts another for the same run
            return
        self._owner = frames.socket_of(descriptors[0])
        scratch.create(self._assignment.scratch)  # a run before may have removed it
        leased = {
            "type": "leased",
            "pid": self._exits.main,
            "reaper": os.getpid(),
            "containment": self._containment.name,
            "place": self._place,
            "scratch": self._assignment.scratch,
        }
        self._tell_supervisor({"type": "taken"})
        self._send(leased, tuple(self._channels.ours))
        self._channels.close_ours()

    def _read_status(self) -> None:
        assert self._status is not None
        received, descriptors = frames.receive_some(self._status)
        if descriptors:
            self._referee = Referee(descriptors[0])
            return
        text = received.decode(errors="replace")
        self._status.close()
        self._status = None
        if text:
            number, _, rest = text.partition("\0")
            path, _, reason = rest.partition("\0")
            self._refuse(int(number) if number.isdigit() else 0, path, reason)

    def _refuse(self, number: int, path: str, reason: str) -> None:
        self._failure = {"type": "refused", "errno": number, "path": path, "reason": reason}
        self._finish("exit")

    def _read_signals(self) -> None:
        numbers = os.read(self._wake, 4096)
        self._exits.reap()
        if self._exits.status is not None:
            while self._status is not None:
                self._read_status()  # it may have ended because it could not be started
            self._finish("exit")
        if signal.SIGUSR1 in numbers:
            self._finish("owner_gone")
        if signal.SIGTERM in numbers:
            self._finish("supervisor_lost")

    def _read_requests(self) -> None:
        assert self._owner is not None
        try:
            received = self._owner.recv(65536)
            requests = self._reader.feed(received)
        except (OSError, frames.FrameError):
            received, requests = b"", []
        for request in requests:
            self._obey(request)
        if not received:
            self._finish("owner_gone")

    def _obey(self, request: dict[str, Any]) -> None:
        kind = request["type"]
        if kind == "arm":
            self._arm(request)
        elif kind == "interrupt" and self._stopping is None:
            self._stop_softly("interrupt", float(request["grace"]))
        elif kind == "interrupt":
            self._finish("killed")
        elif kind == "release":
            self._finish("released")

    def _arm(self, request: dict[str, Any]) -> None:
        self._grace = float(request["grace"])
        if request["deadline"] is not None and self._stopping is None:
            self._timer = (float(request["deadline"]), "deadline")
        limits = Limits.from_message(request)
        if limits.watched:
            self._watch = self._watch_over(limits, of_item=request.get("item_cpu_time") is not None)
            self._look()  # the runtime alone may be more than is allowed
        if request.get("item_seconds") is not None:
            self._item_clock = ItemClock(self._channels.count, float(request["item_seconds"]))
        if request.get("cpus") is not None:
            limit_cores(self._worker(), int(request["cpus"]))
        if request["confirm"] and self._cause is None:
            self._send({"type": "armed"})

    def _watch_over(self, limits: Limits, *, of_item: bool) -> Watch:
        run = os.path.basename(self._assignment.scratch)
        spared = self._exits.main if self._containment.has_init else 0
        count = self._channels.count if of_item else None
        return Watch(limits, self._assignment.session, run, spared, count)

    def _look(self) -> None:
        """End a run that uses more than it may."""
        assert self._watch is not None
        exceeded = self._watch.look()
        if exceeded == "cpu_time":
            if self._stopping is None:  # else it has its grace, and may use more in it
                self._stop_softly(exceeded, self._grace)
        elif exceeded is not None:
            self._finish(exceeded)

    def _look_at_item(self) -> None:
        """End a run whose present item has had its time."""
        assert self._item_clock is not None
        if self._item_clock.look():
            self._item_clock = None
            self._on_time()

    def _on_time(self) -> None:
        if self._stopping is not None:
            self._finish(self._stopping)
        else:
            self._stop_softly("deadline", self._grace)

    def _stop_softly(self, cause: str, grace: float) -> None:
        """Ask the worker, and it alone, to stop; the grace ends in a kill."""
        self._stopping = cause
        self._timer = (time.monotonic() + grace, cause)
        if grace <= 0:
            self._finish(cause)
            return
        with contextlib.suppress(OSError):
            os.write(self._channels.stop, b"!")
        target = self._worker()
        if target and self._exits.status is None:
            with contextlib.suppress(OSError):
                os.kill(target, signal.SIGINT)

    def _worker(self) -> int:
        """The process that runs the program; 0 if there is none any more."""
        if not self._containment.has_init:
            return self._exits.main
        return next(iter(processes.children(self._exits.main)), 0)

    def _finish(self, cause: str) -> None:
        """Name why the run ends; the first cause is the one that counts."""
        if self._cause is None:
            if cause in ("exit", "released"):
                out_of_memory = self._watch is not None and self._watch.is_out_of_memory()
                cause = self._stopping or ("memory" if out_of_memory else cause)
            self._cause = cause

    def _end(self) -> None:
        """Kill until nothing is left; programs fork meanwhile, so once is not enough."""
        deadline = KillDeadline(soon=_SOON_STUCK, longest=_LONGEST_KILL)
        self._exits.killing = True
        self._exits.excused = self._cause == "released"
        while self._exits.reap() and not deadline.is_over(_left):
            self._containment.kill_all()
            self._hasten()
            if not self._exits.reap():
                break
            select.select([self._wake], [], [], _KILL_ROUND)
            with contextlib.suppress(BlockingIOError):
                os.read(self._wake, 4096)
        if self._watch is not None:
            self._watch.end()
        scratch.remove_run(self._assignment.scratch)

    def _hasten(self) -> None:
        """Have this processor take a part in what ends a runtime: most of that is its memory."""
        if sys.platform == "linux" and self._exits.status is None:
            with contextlib.suppress(OSError):  # an old kernel, or it has just ended
                linux.release_memory(self._worker())

    def _report(self) -> None:
        """Tell the owner; then tell the supervisor that it need not."""
        if self._owner is None and self._failure and select.select([self._channel], [], [], 0)[0]:
            self._take_over()  # the worker could not be started: its owner is to hear why
        account = self._account_of_namespace() if self._containment.has_init else None
        peak = self._watch.peak_memory if self._watch else 0
        exited = self._exits.exited(self._cause, account, peak, self._killed_before)
        self._send(self._failure or exited)
        system_v.remove_left(self._exits.awaited)
        self._tell_supervisor({"type": "done", "left": exited["left"]})

    def _account_of_namespace(self) -> Account | None:
        os.set_blocking(self._init_status, False)
        with contextlib.suppress(OSError):
            return Account.from_bytes(os.read(self._init_status, 200))
        return None

    def _tell_supervisor(self, message: dict[str, Any]) -> None:
        with contextlib.suppress(OSError):
            frames.send(self._channel, message)

    def _send(self, message: dict[str, Any], descriptors: tuple[int, ...] = ()) -> None:
        if self._owner is not None:  # the owner may be gone; the clean-up does not depend on it
            with contextlib.suppress(OSError):
                frames.send(self._owner, message, descriptors)


def _left() -> list[int]:
    return [pid for pid, _ in processes.descendants(os.getpid())]
