"""Copy large buffers from and to the worker's memory, while it certainly is the worker.

Lives in the kernel, in the thread that executes. Owns a pidfd for the time of a run: a process
number alone may be given to another process as soon as the worker has been reaped.
"""

from __future__ import annotations

import os
import select
from typing import Any

from codeexec_magics.data import remote_memory
from codeexec_magics.errors import ProtocolError
from codeexec_magics.leases.lease import Lease
from codeexec_magics.supervision import memory, processes

_PAGE = os.sysconf("SC_PAGE_SIZE")
_SLACK = 64 << 20
"""Bytes that a program may have given back between its last word and our look."""
_HELD_BY_NAMESPACE = ("pid-namespace", "sealed")
"""Tiers in which the leased process is not the program's."""


class WorkerMemory:
    """The memory of the worker that was leased.

    Args:
        lease: The run, whose program's memory may be believed to hold its value.

    Attributes:
        usable: Whether this process may copy from and to it.
    """

    def __init__(self, lease: Lease) -> None:
        self._pid = lease.pid
        self._pidfd = -1
        self.usable = False
        if lease.containment in _HELD_BY_NAMESPACE:
            return
        # A worker that has not become its runtime yet does not let us; then the arenas do it all.
        if not remote_memory.is_allowed(self._pid):
            return
        try:
            self._pidfd = os.pidfd_open(self._pid)
        except OSError:
            return
        self.usable = self._lives() and self._pid in processes.children(lease.reaper)

    def fill(self, kept: dict[int, memoryview], rooms: Any) -> None:
        """Copy buffers to where the worker has made room for them, and let go of them.

        Args:
            kept: The buffers, by index.
            rooms: What the worker says: a list of index and address.

        Raises:
            ProtocolError: It is not what was asked for, or the worker is gone.
        """
        try:
            addresses = dict(rooms)
            _demand(addresses.keys() == kept.keys(), "there is not room for each buffer")
            for index, view in kept.items():
                self._check()
                remote_memory.write(self._pid, addresses[index], view)
            self._check()
            kept.clear()
        except (OSError, TypeError, ValueError) as error:
            raise ProtocolError(f"the inputs could not be copied to the worker: {error}") from None

    def take(self, descriptor: Any) -> dict[int, memoryview]:
        """Copies of the buffers that a value has in the worker's memory.

        Raises:
            MemoryError: They are larger than what is left here.
            ProtocolError: They are not there, or the worker is gone.
        """
        try:
            places = remote_memory.elsewhere(descriptor) if self.usable else {}
            if not places:
                return {}
            self._check()
            claimed = sum(length for _, length in places.values())
            # It could announce a terabyte of zeros for nothing, which would be real here. Zeros
            # that it has not touched are not resident, though, and are a value like any other.
            most = max(self._resident() + _SLACK, memory.total_and_available()[1] // 2)
            _demand(claimed <= most, f"it claims {claimed} bytes, and has not so many")
            found = {
                index: remote_memory.read(self._pid, address, length)
                for index, (address, length) in places.items()
            }
            self._check()
        except (OSError, TypeError, ValueError) as error:
            raise ProtocolError(f"the value could not be copied from the worker: {error}") from None
        return found

    def close(self) -> None:
        """Give the pidfd back. Safe to call twice."""
        fd, self._pidfd = self._pidfd, -1
        if fd >= 0:
            os.close(fd)

    def _lives(self) -> bool:
        return not select.select([self._pidfd], [], [], 0)[0]

    def _check(self) -> None:
        _demand(self._pidfd >= 0 and self._lives(), "the worker has ended")

    def _resident(self) -> int:
        with open(f"/proc/{self._pid}/statm", "rb") as file:
            return int(file.read().split()[1]) * _PAGE


def _demand(condition: bool, otherwise: str) -> None:
    if not condition:
        raise ValueError(otherwise)
