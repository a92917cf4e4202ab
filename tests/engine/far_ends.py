"""The other ends of a lease: what a reaper, a runner and a program do, done by a test."""

from __future__ import annotations

import os
import socket
from typing import Any

from codeexec_magics.engine.displays import Displays
from codeexec_magics.engine.loop import Loop
from codeexec_magics.engine.observer import Observer
from codeexec_magics.engine.task import Task
from codeexec_magics.engine.worker import Worker
from codeexec_magics.languages import Language
from codeexec_magics.leases.lease import Lease
from codeexec_magics.protocol import frames
from codeexec_magics.protocol.numbers import VERSION
from codeexec_magics.values.options import ExecutionOptions, Program

LANGUAGE = Language(name="made-up", command=lambda *_: ["true"], reads=frozenset())


class FarEnd:
    """What is on the other side of one lease.

    Attributes:
        lease: This side.
        stdout: What the program prints to.
    """

    def __init__(self) -> None:
        run, self._reaper = socket.socketpair()
        control, self._runner = socket.socketpair()
        out, self.stdout = os.pipe()
        err, self._stderr = os.pipe()
        inputs, outputs = os.memfd_create("inputs"), os.memfd_create("outputs")
        # In a namespace the leased process is not the program's: its memory is not asked for.
        told = {
            "pid": os.getpid(),
            "reaper": os.getpid(),
            "containment": "pid-namespace",
            "place": None,
            "scratch": "",
        }
        self.lease = Lease(run, told, [control.detach(), inputs, outputs, out, err], "0" * 16)
        self.request: dict[str, Any] = {}
        for side in (self._reaper, self._runner):
            side.settimeout(10)

    def ready(self) -> None:
        """The runner greets."""
        frames.send(self._runner, {"type": "ready", "protocol": VERSION})

    def take_request(self) -> None:
        """The runner reads what it is to do."""
        self.request = self.heard()

    def heard(self) -> dict[str, Any]:
        """The next message to the runner."""
        return frames.receive(self._runner) or {}

    def says(self, kind: str, **fields: Any) -> None:
        """The runner speaks."""
        frames.send(self._runner, {"type": kind, "token": self.request.get("token"), **fields})

    def scribbles(self, text: bytes) -> None:
        """The program writes to the runner's channel."""
        self._runner.sendall(text)

    def asked(self) -> str:
        """The next thing that is asked of the reaper."""
        return str((frames.receive(self._reaper) or {}).get("type"))

    def exits(self, **fields: Any) -> None:
        """The reaper tells of the end."""
        frames.send(self._reaper, {"type": "exited", "cause": "exit", "status": 0, **fields})

    def prints(self, text: str) -> None:
        """The program prints."""
        os.write(self.stdout, text.encode())

    def vanishes(self) -> None:
        """Reaper and runner end without a word."""
        self._reaper.close()
        self._runner.close()

    def close(self) -> None:
        """Close the ends of this side; safe after `vanishes`."""
        self.vanishes()
        for fd in (self.stdout, self._stderr):
            os.close(fd)


class Supervisor:
    """Grants leases of which a test has the other ends."""

    def __init__(self) -> None:
        self.ends: list[FarEnd] = []
        self.swept: list[str] = []
        self.losses = 0

    def ask_ahead(self, recipe: object, *, idle: bool) -> None:
        """Nothing is leased ahead."""

    def lease(self, recipe: object, patience: float) -> Lease:
        """Grant one."""
        self.ends.append(FarEnd())
        return self.ends[-1].lease

    def sweep(self, session: str) -> int:
        """Nobody else is left to end the processes of a session."""
        self.swept.append(session)
        return 0

    def notice_loss(self) -> None:
        """A run has ended without a word of its reaper."""
        self.losses += 1

    def close(self) -> None:
        """Close all other ends; safe to call twice."""
        while self.ends:
            self.ends.pop().close()


def hire(supervisor: Any, loop: Loop, observer: Observer, **options: Any) -> Worker:
    """A worker on a loop."""
    chosen = ExecutionOptions(**options)
    task = Task(
        Program("6 * 7", "made-up"),
        LANGUAGE,
        chosen,
        {},
        observer,
        loop.shield,
        Displays(observer.display),
    )
    outputs = {"stdout": observer.output, "stderr": observer.output}
    worker = Worker(supervisor, task, outputs, 1000)
    loop.add(worker)
    return worker
