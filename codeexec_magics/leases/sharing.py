"""Who holds this process's supervisors: one for each containment, which ends with its last holder.

Lives in the process that executes. Owns the supervisors' clients from the first use on.
"""

from __future__ import annotations

import contextlib
import os
import threading
from dataclasses import dataclass

from codeexec_magics.errors import CodeExecError
from codeexec_magics.leases.client import SupervisorClient

_CONTAINMENT_VARIABLE = "CODEEXEC_MAGICS_CONTAINMENT"


@dataclass(slots=True, eq=False)
class _Shared:
    client: SupervisorClient
    holders: int = 0


class Share:
    """A share in the supervisor of one containment, taken at the first use.

    Args:
        containment: A tier's name, or ``auto``; None for what the environment says, or ``auto``.
    """

    _lock = threading.RLock()  # a collection within `take` may end an executor that nobody holds
    _shared: dict[str, _Shared] = {}  # noqa: RUF012 - of the class: of the process

    def __init__(self, containment: str | None = None) -> None:
        self._containment = containment
        self._held: _Shared | None = None

    def take(self) -> SupervisorClient:
        """The supervisor; this share holds it from now on."""
        with Share._lock:
            if self._held is None:
                held = Share._of(self._containment or _usual())
                held.holders += 1
                self._held = held
            return self._held.client

    @classmethod
    def start_early(cls) -> SupervisorClient | None:
        """Have the supervisor start while its first user still imports what it needs.

        Returns:
            It, if it was started by this.
        """
        with cls._lock, contextlib.suppress(CodeExecError):  # its first user is told
            client = cls._of(_usual()).client
            return client if client.start_early() else None
        return None

    @classmethod
    def supervisor(cls) -> int | None:
        """The process of the supervisor that is used by default; None while there is none."""
        shared = cls._shared.get(_usual())
        return shared.client.pid if shared is not None else None

    @classmethod
    def notice_loss(cls) -> None:
        """Collect supervisors that have been killed; the next use starts others."""
        for shared in list(cls._shared.values()):
            shared.client.notice_loss()

    def give_back(self) -> None:
        """Let go of the supervisor, and end it if nobody else holds it. Safe to call twice."""
        with Share._lock:
            held, self._held = self._held, None
            if held is not None:
                held.holders -= 1
            idle = [name for name, shared in Share._shared.items() if not shared.holders]
            clients = [Share._shared.pop(name).client for name in idle]
        for client in clients:
            client.close()

    @classmethod
    def forget_lock(cls) -> None:
        """In a fork: another thread of the parent may have held the lock."""
        cls._lock = threading.RLock()

    @classmethod
    def _of(cls, containment: str) -> _Shared:
        shared = cls._shared.get(containment)
        if shared is None:
            shared = _Shared(SupervisorClient(containment))
            cls._shared[containment] = shared
        return shared


def _usual() -> str:
    return os.environ.get(_CONTAINMENT_VARIABLE, "auto")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=Share.forget_lock)
