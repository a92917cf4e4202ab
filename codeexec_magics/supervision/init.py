"""The first process of a run's pid namespace: it starts the worker and ends all others with it.

Runs between a reaper and its worker, where the tier has a namespace. Owns nothing; when it dies the
kernel ends every process of the namespace. It ends them itself before that, when the worker has
ended or `END_OF_NAMESPACE` comes, because nobody else can count them.
"""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, NamedTuple, NoReturn, Optional

from ..protocol.numbers import END_OF_NAMESPACE
from . import linux, worker

if TYPE_CHECKING:
    from .containment import Containment

_AWAITED = (signal.SIGCHLD, END_OF_NAMESPACE)


class Account(NamedTuple):
    """What the first process tells of the namespace when it is empty.

    Attributes:
        status: The worker's exit code, -N for signal N.
        reaped: Processes whose end was awaited, the worker included.
        forced: Those of them, without the worker, that had to be killed.
        worker_forced: Whether the worker had to be killed.
    """

    status: int
    reaped: int
    forced: int
    worker_forced: bool

    def to_bytes(self) -> bytes:
        """A form that fits into one write to a pipe."""
        return f"{self.status} {self.reaped} {self.forced} {int(self.worker_forced)}".encode()

    @classmethod
    def from_bytes(cls, text: bytes) -> Optional[Account]:  # noqa: UP045 - Python 3.9 evaluates it
        """Read `to_bytes`'s form; None if the first process was killed before it could tell."""
        try:
            status, reaped, forced, worker_forced = map(int, text.split())
        except ValueError:
            return None
        return cls(status, reaped, forced, bool(worker_forced))


def be_init(launch: worker.Launch, containment: Containment, result: int) -> NoReturn:
    """Fork the worker, reap, end what is left, and write an `Account`; does not return."""
    try:
        for number in (signal.SIGTERM, *_AWAITED):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, _AWAITED)
        containment.enter_init()
        linux.die_with_parent(signal.SIGKILL)
        main = os.fork()
        if main == 0:
            worker.become(launch, containment)
        for fd in (*launch.ends, launch.status):
            os.close(fd)
        os.write(result, _hold(main).to_bytes())
    finally:
        os._exit(127)


def _hold(main: int) -> Account:
    """Wait for the worker's end or the reaper's word, then empty the namespace."""
    ended: list[tuple[int, int]] = []
    asked = False
    while not asked and main not in (pid for pid, _ in ended):
        asked = signal.sigwait(_AWAITED) == END_OF_NAMESPACE
        while any(found := os.waitpid(-1, os.WNOHANG)):
            ended.append(found)
            if found[0] == main:
                break
    by_themselves = len(ended)
    _kill_others()
    try:
        while True:
            ended.append(os.wait())
    except ChildProcessError:
        pass
    killed = {pid for pid, status in ended[by_themselves:] if _was_killed(status)}
    statuses = dict(ended)
    return Account(
        status=os.waitstatus_to_exitcode(statuses[main]),
        reaped=len(ended),
        forced=len(killed - {main}),
        worker_forced=main in killed,
    )


def _kill_others() -> None:
    """Kill the whole namespace but this process: one system call, which no fork can outrun."""
    try:
        os.kill(-1, signal.SIGKILL)
    except ProcessLookupError:
        return


def _was_killed(status: int) -> bool:
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
