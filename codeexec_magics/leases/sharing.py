"""Who holds the process's one supervisor: it ends with the last who does.

Lives in the process that executes. Owns the supervisor's client from the first use on.
"""

from __future__ import annotations

import contextlib
import os
import threading

from codeexec_magics.errors import CodeExecError
from codeexec_magics.leases.client import SupervisorClient

_CONTAINMENT_VARIABLE = "CODEEXEC_MAGICS_CONTAINMENT"


class Share:
    """A share in the process's one supervisor, taken at the first use."""

    _lock = threading.RLock()  # a collection within `take` may end an executor that nobody holds
    _holders = 0
    _client: SupervisorClient | None = None

    def __init__(self) -> None:
        self._taken = False

    def take(self) -> SupervisorClient:
        """The supervisor; this share holds it from now on."""
        with Share._lock:
            if Share._client is None:
                Share._client = _new_client()
            if not self._taken:
                self._taken = True
                Share._holders += 1
            return Share._client

    @classmethod
    def start_early(cls) -> None:
        """Have the supervisor start while its first user still imports what it needs."""
        with cls._lock:
            if cls._client is None:
                with contextlib.suppress(CodeExecError):  # its first user is told
                    cls._client = _new_client()
                    cls._client.start_early()

    @classmethod
    def supervisor(cls) -> int | None:
        """The supervisor's process; None while there is none."""
        return cls._client.pid if cls._client is not None else None

    @classmethod
    def notice_loss(cls) -> None:
        """Collect the supervisor if it has been killed; the next use starts another."""
        if cls._client is not None:
            cls._client.notice_loss()

    def give_back(self) -> None:
        """Let go of the supervisor, and end it if nobody else holds it. Safe to call twice."""
        with Share._lock:
            if self._taken:
                self._taken = False
                Share._holders -= 1
            client = None
            if Share._holders == 0:
                client, Share._client = Share._client, None
        if client is not None:
            client.close()

    @classmethod
    def forget_lock(cls) -> None:
        """In a fork: another thread of the parent may have held the lock."""
        cls._lock = threading.RLock()


def _new_client() -> SupervisorClient:
    return SupervisorClient(os.environ.get(_CONTAINMENT_VARIABLE, "auto"))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=Share.forget_lock)
