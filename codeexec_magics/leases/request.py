"""One request for a worker: sent, answered, and perhaps kept until a run wants what has come.

Lives in the kernel. Owns its end of the run socket, in which the answer waits with the worker's
descriptors: nothing wakes this process for that. A token, which is taken by who reads it first,
decides whether the worker is still ours or was given up meanwhile by the supervisor.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import socket

from codeexec_magics.errors import CodeExecError, SupervisorLost
from codeexec_magics.leases.lease import Lease, refusal
from codeexec_magics.protocol import frames
from codeexec_magics.supervision import scratch
from codeexec_magics.supervision.recipe import Recipe

_DESCRIPTORS = 5
"""Those that come with a lease; fewer if this process may not open more."""
_MOST_KEPT = 4
"""A supervisor keeps the workers of as many recipes ready."""


class Late(SupervisorLost):
    """No answer in time: the supervisor hangs, or the machine is slow."""


class Request:
    """Asks a supervisor for a worker; answered once.

    Args:
        recipe: What the worker is made from.

    Attributes:
        recipe: As given.
    """

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self._session = ""
        self._token = -1
        self._run: socket.socket | None
        self._run, self._theirs = socket.socketpair()

    def send(self, lifeline: socket.socket, session: str) -> None:
        """Ask for a worker now.

        Args:
            lifeline: The socket to the supervisor.
            session: The marker of its session.

        Raises:
            FrameError: The environment is too large.
            OSError: The supervisor is gone.
        """
        self._session = session
        frames.send(lifeline, self.recipe.message(), (self._theirs.fileno(),))
        self._theirs.close()

    def send_ahead(self, lifeline: socket.socket, session: str, *, idle: bool) -> None:
        """Ask for one that may be given up again as long as nobody has claimed it.

        Args:
            lifeline: The socket to the supervisor.
            session: The marker of its session.
            idle: Whether it is handed over when there is time for that.

        Raises:
            FrameError: The environment is too large.
            OSError: The supervisor is gone, or this process may not open more.
        """
        self._session = session
        self._token, end = os.pipe()
        os.write(end, b"!")
        os.close(end)
        message = {**self.recipe.message(), "kept": "idle" if idle else "now"}
        frames.send(lifeline, message, (self._theirs.fileno(), self._token))
        self._theirs.close()

    def claim(self) -> bool:
        """Take the worker for a run; False if it has been given up."""
        return bool(os.read(self._token, 1))

    @property
    def is_answered(self) -> bool:
        """Whether something has come."""
        return self._run is not None and _is_readable(self._run)

    def lease(self, patience: float) -> Lease:
        """Wait for the reaper's first message.

        Args:
            patience: Seconds to wait.

        Raises:
            CodeExecError: There is none.
        """
        assert self._run is not None
        run, reader = self._run, frames.FrameReader()
        descriptors: list[int] = []
        run.settimeout(patience)
        try:
            while True:
                received, passed = frames.receive_some(run)
                descriptors += passed
                if not received:
                    raise SupervisorLost("the supervisor ended while a worker was started")
                for message in reader.feed(received):
                    if message["type"] == "refused":
                        raise refusal(message)
                    if message["type"] == "leased":
                        run.settimeout(None)
                        if len(descriptors) != _DESCRIPTORS:
                            reason = os.strerror(errno.EMFILE)
                            raise CodeExecError(f"no worker could be taken: {reason}")
                        lease = Lease(run, message, descriptors, self._session)
                        self._run, descriptors = None, []
                        return lease
        except TimeoutError:
            raise Late(f"no worker was started within {patience:g} seconds") from None
        finally:
            for fd in descriptors:
                with contextlib.suppress(OSError):
                    os.close(fd)

    def is_good(self, lease: Lease) -> bool:
        """Whether a worker that was leased ahead is what one that is leased now would be."""
        if _is_readable(lease):
            return False  # it has ended
        with contextlib.suppress(OSError):
            # One that was killed is told of only when all that it left has ended.
            os.kill(lease.reaper, 0)
            found = os.stat(self.recipe.directory)
            if [found.st_dev, found.st_ino] == lease.place:
                scratch.create(lease.scratch)  # a run before may have removed it
                return True
        return False

    def close(self) -> None:
        """Give up what has not become a lease; safe to call twice."""
        self._theirs.close()
        if self._run is not None:
            self._run.close()
        if self._token >= 0:
            os.close(self._token)
            self._token = -1


class Kept:
    """Requests that were made ahead and are wanted by nobody yet, the oldest first."""

    def __init__(self) -> None:
        self._requests: list[Request] = []

    def has(self, recipe: Recipe) -> bool:
        """Whether such a worker has been asked for."""
        return any(request.recipe.serves(recipe) for request in self._requests)

    def add(self, request: Request) -> None:
        """Keep one more; what it takes the place of is given up, and the oldest if it is many."""
        alike = [one for one in self._requests if one.recipe.is_like(request.recipe)]
        for old in [*alike, *self._requests[: 1 - _MOST_KEPT]]:
            old.close()
        left = [one for one in self._requests[1 - _MOST_KEPT :] if one not in alike]
        self._requests = [*left, request]

    def take(self, recipe: Recipe) -> Request | None:
        """The caller owns it from now on; None if there is none for this recipe."""
        found = next((one for one in self._requests if one.recipe.serves(recipe)), None)
        if found is not None:
            self._requests.remove(found)
        return found

    def clear(self) -> None:
        """Give all of them up."""
        requests, self._requests = self._requests, []
        for request in requests:
            request.close()


def _is_readable(channel: socket.socket | Lease) -> bool:
    poll = select.poll()
    poll.register(channel, select.POLLIN)
    return bool(poll.poll(0))
