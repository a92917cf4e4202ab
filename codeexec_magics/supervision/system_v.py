"""System V's shared memory, semaphores and queues that a run has left: removed, if told to be its.

Runs in a reaper, when nothing of the run is alive. Owns nothing. The kernel keeps of a segment who
made it, of a queue who used it last, and of a semaphore who changed it last; so what only a process
that the reaper did not await has touched, stays.

Sources: shmctl(2), msgctl(2), semctl(2), proc_sysvipc(5).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator

from . import linux

_FOLDER = "/proc/sysvipc"


def remove_left(pids: set[int]) -> None:
    """Remove what some processes, which have ended, have made or used last."""
    for segment in _rows("shm"):
        if segment["cpid"] in pids:
            _remove(linux.remove_segment, segment["shmid"])
    for queue in _rows("msg"):
        if pids & {queue["lspid"], queue["lrpid"]}:
            _remove(linux.remove_queue, queue["msqid"])
    for semaphores in _rows("sem"):
        with contextlib.suppress(OSError):
            if linux.last_to_change_semaphore(semaphores["semid"]) in pids:
                _remove(linux.remove_semaphores, semaphores["semid"])


def _rows(kind: str) -> Iterator[dict[str, int]]:
    """The objects of this user; none where the kernel has no such thing."""
    try:
        with open(f"{_FOLDER}/{kind}", encoding="ascii") as file:
            names = file.readline().split()
            lines = file.readlines()
    except OSError:
        return
    for line in lines:
        row = {name: int(word) for name, word in zip(names, line.split())}
        if row["uid"] == os.geteuid():
            yield row


def _remove(how: Callable[[int], None], number: int) -> None:
    with contextlib.suppress(OSError):
        how(number)
