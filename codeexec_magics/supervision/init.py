"""The first process of a run's pid namespace: it starts the worker and reaps its orphans.

Runs between a reaper and its worker, where the tier has a namespace. Owns nothing; when it dies the
kernel ends every process of the namespace.
"""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, NoReturn

from . import linux, worker

if TYPE_CHECKING:
    from .containment import Containment


def be_init(launch: worker.Launch, containment: Containment, result: int) -> NoReturn:
    """Fork the worker, reap until it has ended, and write to ``result`` how; does not return."""
    try:
        for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGCHLD):
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
