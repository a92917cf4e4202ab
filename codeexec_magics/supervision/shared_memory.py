"""Objects in ``/dev/shm`` that a run has made: found while it has them mapped, gone when it ends.

Runs in the supervisor. Owns an inotify descriptor, which tells of every new name there; whose it
is, shows in the maps of the runs' processes. What a program maps too short a time to be seen, and a
file that it only writes, stays like any other file.
"""

from __future__ import annotations

import contextlib
import os
import stat
import struct
import time
from collections.abc import Iterable, Iterator

from . import linux, processes

_FOLDER = "/dev/shm"
_EVENT = struct.Struct("=iIII")
_LOOKS = (0.0, 0.0003, 0.0005, 0.001, 0.002, 0.005, 0.025, 0.1)
"""Seconds from one look at the maps to the next: a name is there before it is mapped."""
_LONGEST_QUEUE = 1000

_Identity = tuple[int, int]


class SharedMemory:
    """What the runs of a session have in shared memory."""

    def __init__(self) -> None:
        self.fd = -1
        self._owner = os.getppid()
        with contextlib.suppress(OSError):  # there may be no such folder, or no watch left
            self.fd = linux.watch_new_names(_FOLDER)
        self._queue: dict[str, tuple[int, float, float]] = {}
        self._made: dict[int, dict[str, _Identity]] = {}

    def hear(self) -> None:
        """Take note of new names."""
        with contextlib.suppress(OSError):
            told = os.read(self.fd, 65536)
            while told:
                *_, length = _EVENT.unpack_from(told)
                name = told[_EVENT.size : _EVENT.size + length].rstrip(b"\0")
                told = told[_EVENT.size + length :]
                if name and len(self._queue) < _LONGEST_QUEUE:
                    now = time.monotonic()
                    self._queue[os.fsdecode(name)] = (0, now, now)

    def patience(self) -> float | None:
        """Seconds until `look` has something to do; None if nothing."""
        if not self._queue:
            return None
        return max(0.0, min(due for _, due, _ in self._queue.values()) - time.monotonic())

    def look(self, runs: Iterable[tuple[int, float]]) -> None:
        """See which of the new names a run has mapped.

        Args:
            runs: Of those under way, the reaper's process and since when (monotonic seconds).
        """
        now = time.monotonic()
        wanted: dict[_Identity, tuple[str, float]] = {}
        for name, (looks, due, heard) in list(self._queue.items()):
            if due > now:
                continue
            identity = _identity(name)
            if identity is None or looks + 1 >= len(_LOOKS):
                del self._queue[name]
            else:
                self._queue[name] = (looks + 1, now + _LOOKS[looks + 1], heard)
            if identity is not None:
                wanted[identity] = name, heard
        for reaper, began in runs if wanted else ():
            for identity in set(_mapped_below(reaper)) & wanted.keys():
                name, heard = wanted[identity]
                if heard > began and identity not in _mapped_by(self._owner):
                    self._made.setdefault(reaper, {})[name] = identity
                    self._queue.pop(name, None)

    def end(self, reaper: int) -> None:
        """Remove what the run below a reaper has made; it has ended."""
        for name, identity in self._made.pop(reaper, {}).items():
            if _identity(name) == identity:
                with contextlib.suppress(OSError):
                    os.unlink(os.path.join(_FOLDER, name))


def _identity(name: str) -> _Identity | None:
    """What is called so, if it is a file of this user's."""
    try:
        found = os.stat(os.path.join(_FOLDER, name), follow_symlinks=False)
    except (OSError, ValueError):
        return None
    mine = found.st_uid == os.geteuid() and stat.S_ISREG(found.st_mode)
    return (found.st_dev, found.st_ino) if mine else None


def _mapped_below(reaper: int) -> Iterator[_Identity]:
    """The files in shared memory that the processes below one have mapped."""
    waiting = [reaper]
    while waiting:
        below = processes.children(waiting.pop())
        waiting += below
        for pid in below:
            yield from _mapped_by(pid)


def _mapped_by(pid: int) -> list[_Identity]:
    found = []
    with contextlib.suppress(OSError), open(f"/proc/{pid}/maps", "rb") as maps:
        for line in maps:
            if b" /dev/shm/" in line:
                words = line.split()
                major, minor = (int(part, 16) for part in words[3].split(b":"))
                found.append((os.makedev(major, minor), int(words[4])))
    return found
