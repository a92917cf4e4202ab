"""Prove the clean-up: count who lives in a folder, and kill an owner to see what it leaves.

Runs in the process that wants to know. Counting goes by the current directory, which no fork, exec,
new session, closed descriptor, or cleared environment takes from a process; so it does not trust
the means by which the clean-up itself finds what it ends.
"""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_START = 30.0
_END = 5.0
_ROUND = 0.002


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of the processes of an owner that was killed.

    Attributes:
        seen: Processes that lived when it was killed, its own not counted.
        left: Those that still lived when the time was over.
        seconds: Until none was left.
    """

    seen: int
    left: int
    seconds: float


def dwellers(folder: str) -> set[int]:
    """The processes whose current directory is, or was, in a folder; empty without ``/proc``."""
    wanted = os.path.realpath(folder)
    found = set()
    for name in os.listdir("/proc") if os.path.isdir("/proc/self") else ():
        if name.isdigit():
            with contextlib.suppress(OSError):
                if os.readlink(f"/proc/{name}/cwd").startswith(wanted):
                    found.add(int(name))
    return found


def kill_an_owner(
    argv: Sequence[str],
    folder: str,
    environment: Mapping[str, str],
    ready: str,
    patience: float = _END,
) -> Trial:
    """Start a process that executes in a folder, kill it, and count what is left.

    Args:
        argv: Its command.
        folder: Its current directory, empty.
        environment: Its environment.
        ready: A file that its program makes in the folder when all of it is there.
        patience: Seconds that the rest has to end.

    Raises:
        OSError: It cannot be started, or does not get ready.
    """
    owner = subprocess.Popen(
        argv,
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for_file(owner, os.path.join(folder, ready))
        seen = len(dwellers(folder) - {owner.pid})
    finally:
        owner.kill()
        killed = time.monotonic()
        owner.wait()
        left = _wait_for_emptiness(folder, killed + patience)
    return Trial(seen, left, time.monotonic() - killed)


def _wait_for_emptiness(folder: str, deadline: float) -> int:
    """How many processes are left in a folder when it is empty, or time is over."""
    left = dwellers(folder)
    while left and time.monotonic() < deadline:
        _pause()
        left = dwellers(folder)
    return len(left)


def _wait_for_file(owner: subprocess.Popen[bytes], path: str) -> None:
    deadline = time.monotonic() + _START
    while not os.path.exists(path):
        if owner.poll() is not None:
            raise OSError(f"the process that was to be killed ended by itself: {owner.returncode}")
        if time.monotonic() > deadline:
            raise OSError("the process that was to be killed did not get ready")
        _pause()


def _pause() -> None:
    # There is nothing to wait on: the processes are nobody's children here.
    select.select([], [], [], _ROUND)
