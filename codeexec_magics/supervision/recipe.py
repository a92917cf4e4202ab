"""What a worker is made from: as its owner asks for it, and as a reaper is given it.

Plain values, used in the kernel, the supervisor, zygotes and reapers.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Optional


class Isolation(NamedTuple):
    """What one run asks to be kept from.

    Attributes:
        seal: Whether the strongest containment must hold it.
        network: Whether it may use the network.
        sandbox: Whether it may change its own folders only, and reach no service.
        protected: Folders below its own that it may not change, either: programs outside are loaded
            from there.
    """

    seal: bool = False
    network: bool = True
    sandbox: bool = False
    protected: Sequence[str] = ()

    @property
    def restricts(self) -> bool:
        """Whether the worker's process has to be restricted at all."""
        return self.sandbox or not self.network

    @classmethod
    def from_message(cls, message: dict[str, Any]) -> Isolation:
        """Take the isolation out of the object that a message has."""
        return cls(**{name: message[name] for name in cls._fields})


class Recipe(NamedTuple):
    """A way to start a worker; workers of one recipe are like each other.

    Attributes:
        argv: The command; its first word is a path.
        environment: All of the worker's environment.
        directory: The worker's current directory.
        modules: What a zygote of this command loads ahead; None if the command cannot fork.
        ahead: How many workers like this one to keep ready.
        idle: Seconds after which they are given up if none is wanted.
        isolation: What the worker is kept from.
        hints: Words for the command of one that is started ahead, on what it may need; a worker
            with other hints is as good.
    """

    argv: Sequence[str]
    environment: Mapping[str, str]
    directory: str
    modules: Optional[Sequence[str]] = None  # noqa: UP045 - Python 3.9 evaluates it
    ahead: int = 0
    idle: float = 600.0
    isolation: Isolation = Isolation()
    hints: Sequence[str] = ()

    def is_like(self, other: Recipe) -> bool:
        """Whether both differ in what is loaded ahead, and in how many stand by, at most."""
        return self._replace(modules=other.modules, ahead=other.ahead).serves(other)

    def serves(self, other: Recipe) -> bool:
        """Whether a worker of this recipe is one of the other's, too."""
        return self._replace(hints=other.hints) == other

    def message(self) -> dict[str, Any]:
        """The message ``lease``."""
        return {"type": "lease", **self._asdict(), "isolation": self.isolation._asdict()}


class Assignment(NamedTuple):
    """One worker to start, and in whose name.

    Attributes:
        argv: As in `Recipe`.
        environment: As in `Recipe`.
        directory: As in `Recipe`.
        session: The session's marker.
        scratch: The run's temporary directory, to be made when the run begins.
        supervisor: The supervisor's process.
        isolation: As in `Recipe`.
    """

    argv: list[str]
    environment: dict[str, str]
    directory: str
    session: str
    scratch: str
    supervisor: int
    isolation: Isolation

    def place(self) -> Optional[tuple[int, int]]:  # noqa: UP045 - as above
        """What stands at the directory's path at present; None if nothing can be found there."""
        try:
            found = os.stat(self.directory)
        except OSError:
            return None
        return found.st_dev, found.st_ino

    @classmethod
    def from_message(cls, message: dict[str, Any]) -> Assignment:
        """Take the assignment's fields out of a message."""
        fields = {name: message[name] for name in cls._fields}
        return cls(**{**fields, "isolation": Isolation.from_message(message["isolation"])})
