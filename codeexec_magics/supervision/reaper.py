"""One reaper per run: it starts the worker, ends all that the worker started, and tells the owner.

Runs in a process of its own, forked by the supervisor. Owns the run: the worker and every process
below it, the scratch directory, the deadline. It ends when ``waitpid`` says that nothing of the run
is left, and its last act is the message ``exited``.

2026-11: the reaper speaks with the kernel itself, over a socket pair that the kernel made for this
run, and keeps the run's deadline. DESIGN has the supervisor do both. This way a run is cleaned and
reported even when the supervisor is killed, a run cannot delay another's kill, and no reply has to
be matched to a request.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import resource
import select
import signal
import socket
import sys
import time
from typing import Any, NoReturn

from codeexec_magics.protocol import frames
from codeexec_magics.supervision import linux, memory, processes, scratch, worker
from codeexec_magics.supervision.containment import Containment

_PIPE_SIZE = 1 << 20
_KILL_ROUND = 0.02
_LONGEST_KILL = 5.0


class Reaper:
    """The run that this process holds; made and used once."""

    def __init__(self, run: socket.socket, lease: dict[str, Any], containment: Containment) -> None:
        self._run = run
        self._lease = lease
        self._containment = containment
        self._reader = frames.FrameReader()
        self._cause: str | None = None
        self._timer: tuple[float, str] | None = None
        self._grace = 0.0
        self._soft = False
        self._main = 0
        self._main_status: int | None = None
        self._reaped = 0
        self._forced = 0
        self._failure: dict[str, Any] | None = None
        self._scratch = ""
        self._killing = False
        self._pending_cause = "deadline"
        self._empty = False
        self._status = self._init_status = -1

    def hold(self) -> NoReturn:
        """Hold the run from its first process to its last; does not return."""
        try:
            try:
                self._prepare()
                self._start()
                while self._cause is None:
                    self._wait()
            except Exception as error:  # noqa: BLE001 - ours or the machine's: the owner must hear of it
                self._refuse(0, "", f"{type(error).__name__}: {error}")
            self._end()
            self._report()
        finally:
            os._exit(0)

    def _prepare(self) -> None:
        # What the supervisor holds open must end with it alone: its lifeline, the others' sockets.
        os.closerange(3, self._run.fileno())
        os.closerange(self._run.fileno() + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
        os.setsid()
        self._wake, wake_end = os.pipe()
        for fd in (self._wake, wake_end):
            os.set_blocking(fd, False)
        signal.set_wakeup_fd(wake_end, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGCHLD):
            signal.signal(number, lambda *_: None)
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        if sys.platform == "linux":
            linux.set_name("codeexec-reaper")
            # Handled, not fatal: this process outlives the supervisor just long enough to clean up.
            linux.die_with_parent(signal.SIGTERM)
        if os.getppid() != self._lease["supervisor"]:
            os._exit(0)
        self._containment.enter_reaper()
        self._killed_by_kernel = memory.oom_kills()

    def _start(self) -> None:
        self._scratch = scratch.create(self._lease["session"], self._lease["run"])
        environment = {**self._lease["environment"], **scratch.variables(self._scratch)}
        environment[processes.MARKER] = self._lease["session"]
        ours, theirs = self._descriptors()
        self._status, status_end = os.pipe()
        launch = worker.Launch(
            argv=self._lease["argv"],
            environment=environment,
            directory=self._lease["directory"],
            ends=theirs,
            status=status_end,
        )
        self._init_status, init_end = os.pipe()
        self._main = os.fork()
        if self._main == 0:
            self._begin(launch, init_end)
        for fd in (*theirs, status_end, init_end):
            os.close(fd)
        leased = {
            "type": "leased",
            "pid": self._main,
            "reaper": os.getpid(),
            "containment": self._containment.name,
        }
        self._send(leased, tuple(ours))
        for fd in ours:
            os.close(fd)

    def _descriptors(self) -> tuple[list[int], dict[int, int]]:
        """Make the run's channels: the owner's ends in order, the worker's with their numbers."""
        control, control_end = socket.socketpair()
        out, out_end = os.pipe()
        err, err_end = os.pipe()
        stop_end, self._stop = os.pipe()
        for pipe in (out, err):
            with contextlib.suppress(OSError, AttributeError):
                fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_SIZE)
        inputs, outputs = memory.create("inputs"), memory.create("outputs")
        ours = [control.detach(), os.dup(inputs), os.dup(outputs), out, err]
        theirs = {
            out_end: worker.STDOUT,
            err_end: worker.STDERR,
            control_end.detach(): worker.CONTROL,
            inputs: worker.INPUTS,
            outputs: worker.OUTPUTS,
            stop_end: worker.STOP,
        }
        return ours, theirs

    def _begin(self, launch: worker.Launch, init_end: int) -> NoReturn:
        """In the forked process: become the worker, or the namespace's first process above it."""
        signal.set_wakeup_fd(-1)
        if self._containment.has_init:
            _be_init(launch, self._containment, init_end)
        worker.become(launch, self._containment)

    def _wait(self) -> None:
        """Wait for the next thing that happens, and see to it."""
        timeout = None
        if self._timer is not None:
            timeout = max(0.0, self._timer[0] - time.monotonic())
        watched = [self._run, self._wake]
        if self._status >= 0:
            watched.append(self._status)
        ready, _, _ = select.select(watched, [], [], timeout)
        if self._status in ready:
            self._read_status()
        if self._wake in ready:
            self._read_signals()
        if self._run in ready:
            self._read_requests()
        if self._cause is None and self._timer is not None and self._timer[0] <= time.monotonic():
            self._on_time()

    def _read_status(self) -> None:
        text = os.read(self._status, 5000).decode(errors="replace")
        os.close(self._status)
        self._status = -1
        if text:
            number, _, rest = text.partition("\0")
            path, _, reason = rest.partition("\0")
            self._refuse(int(number) if number.isdigit() else 0, path, reason)

    def _refuse(self, number: int, path: str, reason: str) -> None:
        self._failure = {"type": "refused", "errno": number, "path": path, "reason": reason}
        self._finish("exit")

    def _read_signals(self) -> None:
        numbers = os.read(self._wake, 4096)
        self._reap()
        if self._main_status is not None:
            self._finish("exit")
        if signal.SIGTERM in numbers:
            self._finish(
                "supervisor_lost" if os.getppid() != self._lease["supervisor"] else "owner_gone"
            )

    def _read_requests(self) -> None:
        try:
            received = self._run.recv(65536)
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
            self._grace = float(request["grace"])
            self._timer = (time.monotonic() + float(request["seconds"]), "deadline")
        elif kind == "interrupt" and not self._soft:
            self._stop_softly("interrupt", float(request["grace"]))
        elif kind == "interrupt":
            self._finish("killed")
        elif kind == "release":
            self._finish("released")

    def _on_time(self) -> None:
        if self._soft:
            self._finish(self._pending_cause)
        else:
            self._stop_softly("deadline", self._grace)

    def _stop_softly(self, cause: str, grace: float) -> None:
        """Ask the worker, and it alone, to stop; the grace ends in a kill."""
        self._soft = True
        self._pending_cause = cause
        self._timer = (time.monotonic() + grace, cause)
        if grace <= 0:
            self._finish(cause)
            return
        with contextlib.suppress(OSError):
            os.write(self._stop, b"!")
        target = self._interrupt_target()
        if target is not None:
            with contextlib.suppress(OSError):
                os.kill(target, signal.SIGINT)

    def _interrupt_target(self) -> int | None:
        if not self._containment.has_init:
            return self._main if self._main_status is None else None
        below = processes.children(self._main)
        return below[0] if below else None

    def _finish(self, cause: str) -> None:
        """Name why the run ends; the first cause is the one that counts."""
        if self._cause is None:
            self._cause = self._pending_cause if self._soft and cause == "exit" else cause

    def _reap(self) -> bool:
        """Collect what has ended; whether something is left."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                self._empty = True
                return False
            if pid == 0:
                return True
            self._reaped += 1
            if pid == self._main:
                self._main_status = status
            if self._killing and os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
                self._forced += 1

    def _end(self) -> None:
        """Kill until nothing is left; programs fork meanwhile, so once is not enough."""
        deadline = time.monotonic() + _LONGEST_KILL
        self._killing = True
        while self._reap() and time.monotonic() < deadline:
            self._containment.kill_all()
            if not self._reap():
                break
            select.select([self._wake], [], [], _KILL_ROUND)
            with contextlib.suppress(BlockingIOError):
                os.read(self._wake, 4096)
        scratch.remove(self._scratch)
        scratch.remove_if_empty(scratch.session_directory(self._lease["session"]))

    def _report(self) -> None:
        if self._failure is not None:
            self._send(self._failure)
            return
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        self._send(
            {
                "type": "exited",
                "cause": self._cause,
                "status": self._exit_code(),
                "out_of_memory": memory.oom_kills() > self._killed_by_kernel,
                "cpu_time": usage.ru_utime + usage.ru_stime,
                "peak_memory": usage.ru_maxrss * memory.MAXRSS_UNIT,
                "reaped": self._reaped,
                "forced": self._forced,
                "left": 0 if self._empty else len(processes.descendants(os.getpid())),
            }
        )

    def _exit_code(self) -> int | None:
        """The worker's own exit code, or -N for signal N; None if it is not known."""
        if self._containment.has_init:
            os.set_blocking(self._init_status, False)
            with contextlib.suppress(OSError, ValueError):
                return int(os.read(self._init_status, 20))
        if self._main_status is None:
            return None
        return os.waitstatus_to_exitcode(self._main_status)

    def _send(self, message: dict[str, Any], descriptors: tuple[int, ...] = ()) -> None:
        with contextlib.suppress(
            OSError
        ):  # the owner may be gone; the clean-up does not depend on it
            frames.send(self._run, message, descriptors)


def _be_init(launch: worker.Launch, containment: Containment, result: int) -> NoReturn:
    """Be the first process of a pid namespace: fork the worker, reap, and tell how it ended."""
    try:
        for number in (signal.SIGTERM, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        containment.enter_init()
        linux.die_with_parent(signal.SIGKILL)
        main = os.fork()
        if main == 0:
            worker.become(launch, containment)
        for fd in (*launch.ends, launch.status):
            os.close(fd)
        while True:
            pid, status = os.wait()
            if pid == main:
                break
        os.write(result, str(os.waitstatus_to_exitcode(status)).encode())
    finally:
        os._exit(127)
