"""The last steps of a worker's process before it becomes the language's runtime.

Runs in a process that a reaper has just forked, until its exec, or, below a zygote, until the
runner takes over. Owns the descriptors that the program will see, and nothing else: everything but
them is closed.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, NoReturn, Optional

from ..protocol import frames
from ..protocol.numbers import STOP
from . import isolation, linux
from .recipe import Isolation

if TYPE_CHECKING:
    from .containment import Containment

_STATUS = STOP + 1
REFEREE = b"\1"
"""What comes on the status socket with a descriptor for a `Referee`."""

_RESET = tuple(
    getattr(signal, name)
    for name in (
        "SIGINT",
        "SIGTERM",
        "SIGCHLD",
        "SIGPIPE",
        "SIGHUP",
        "SIGUSR1",
        "SIGUSR2",
        "SIGXFSZ",
    )
)
_OOM_SCORE = b"500"


class Launch(NamedTuple):
    """What a worker is started from.

    Attributes:
        argv: The command; its first word is a path.
        environment: All of its environment.
        directory: Its current directory.
        ends: Descriptor of this process → its number in the worker.
        status: Where a failure before the exec is written; the exec closes it.
        isolation: What the program is kept from.
        scratch: Its temporary directory; it is there if the program is sandboxed.
        serve: What the process does instead of an exec, when it is forked from a zygote.
    """

    argv: list[str]
    environment: dict[str, str]
    directory: str
    ends: dict[int, int]
    status: int
    isolation: Isolation
    scratch: str
    serve: Optional[Callable[[], None]] = None  # noqa: UP045 - Python 3.9 evaluates it


def become(launch: Launch, containment: Containment) -> NoReturn:
    """Turn this process into the runtime; does not return."""
    step = launch.directory
    try:
        os.setsid()
        if sys.platform == "linux":
            linux.die_with_parent(signal.SIGKILL)
        _reset_signals()
        _be_the_first_victim_of_the_oom_killer()
        # A crash must not leave a core file behind; a program may raise the limit itself.
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
        os.chdir(launch.directory)
        _arrange(launch.ends, launch.status)
        step = ""
        isolation.enter(
            launch.isolation,
            (launch.directory, launch.scratch),
            lambda: _pass_on(containment.enter_worker()),
        )
        step = launch.argv[0]
        if launch.serve is None:
            os.execve(launch.argv[0], launch.argv, launch.environment)
        _take_over(launch)
        launch.serve()
    except BaseException as error:  # noqa: BLE001 - the reaper reports it
        number = error.errno if isinstance(error, OSError) else None
        _report(launch.status, number or 0, step, str(error))
    finally:
        os._exit(127)


def _take_over(launch: Launch) -> None:
    """Do for a fork what an exec does for a new program."""
    os.close(_STATUS)
    os.environ.update(launch.environment)
    if sys.platform == "linux":
        linux.set_dumpable(True)
        linux.set_name("python")


def _pass_on(fd: int) -> None:
    """Give the reaper the descriptor by which it decides, and keep none of it."""
    if fd >= 0:
        with frames.socket_of(os.dup(_STATUS)) as status:
            socket.send_fds(status, [REFEREE], [fd])
        os.close(fd)


def _report(status: int, number: int, path: str, text: str) -> None:
    message = f"{number}\0{path}\0{text}".encode(errors="replace")[:4000]
    for fd in (_STATUS, status):  # it may or may not have been moved yet
        with contextlib.suppress(OSError):
            os.write(fd, message)
            return


def _reset_signals() -> None:
    """Give the program what a shell would: an idle kernel ignores SIGINT, for instance."""
    for number in _RESET:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


def _be_the_first_victim_of_the_oom_killer() -> None:
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "wb") as file:
        file.write(_OOM_SCORE)


def _arrange(ends: dict[int, int], status: int) -> None:
    """Put every descriptor at its number and close all others."""
    # First out of the way, so that no end is overwritten by another's arrival.
    away = {fcntl.fcntl(end, fcntl.F_DUPFD, _STATUS + 1): number for end, number in ends.items()}
    parked_status = fcntl.fcntl(status, fcntl.F_DUPFD, _STATUS + 1)

    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    for fd, number in away.items():
        os.dup2(fd, number)
    os.dup2(parked_status, _STATUS, inheritable=False)
    os.closerange(_STATUS + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
