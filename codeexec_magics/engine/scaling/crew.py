"""Who works on a map elsewhere: what a map asks of another engine, and which engines there are.

Lives in the process that calls the map. Imports no engine: who gives a client of one has it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from importlib import import_module
from typing import Any, Protocol

from codeexec_magics.engine.scaling.order import Farewell, Order, Report
from codeexec_magics.errors import InvalidOptions

POSSIBLE = (
    "a distributed.Client, an ipyparallel.Client, the module ray, or any concurrent.futures "
    "Executor (loky's, ProcessPoolExecutor, client.get_executor(), …)"
)


class Lost(Exception):
    """A chunk was lost with its worker, and may be given again."""


class Broken(Exception):
    """The engine works no more; the text says which, and why."""


class Crew(Protocol):
    """An engine, for the time of one map.

    Attributes:
        name: What it is called.
        install: How its workers are given what they lack; empty where it has no way of its own.
        lifeline: Where its workers can hear the map; None if they cannot.
    """

    name: str
    install: str
    lifeline: tuple[str, str] | None

    def slots(self) -> int:
        """How many chunks it works on at once."""

    def share(self, inputs: bytes) -> bytes | None:
        """Have all workers get what the items share; what has to go with each order instead.

        Raises:
            EncodingFailed: It is too large to go with each.
        """

    def submit(self, order: Order, done: Callable[[], None]) -> Any:
        """Have a chunk worked on; ``done`` is called when it is, by any thread.

        Raises:
            Broken: It cannot be.
        """

    def report(self, future: Any) -> Report:
        """What came of it.

        Raises:
            Lost: Its worker was.
            Broken: The engine was.
            CodeExecError: The worker could not even read it.
        """

    def cancel(self, futures: Sequence[Any]) -> None:
        """These are not wanted any more."""

    def close(self, name: str, seconds: float, *, stop: bool) -> tuple[list[Farewell], int]:
        """End what serves the map of this name, and wait for it.

        Args:
            name: The map's.
            seconds: How long to wait.
            stop: Whether what is under way is to be interrupted.

        Returns:
            The last words, and how many have said none.
        """

    def everywhere(self, function: Callable[..., Any], *arguments: Any) -> list[Any]:
        """What a function returns in each worker that can be reached; in some perhaps twice."""

    def lost(self) -> int:
        """How many workers have gone since the map began, as far as it is known."""


def check(on: Any) -> None:
    """Refuse what stands for no crew.

    Raises:
        InvalidOptions: It does not.
    """
    _kind_of(on)


def crew_of(on: Any, workers: int | None = None, *, once: bool = False) -> Crew:
    """The crew that a user's object stands for.

    Args:
        on: What was given.
        workers: The most chunks at once; None for as many as there are slots.
        once: Whether no item may be begun twice, whatever is lost.

    Raises:
        InvalidOptions: It stands for none, or cannot promise that.
    """
    kind = _kind_of(on)
    module = import_module(f"{__package__}.{kind.lower()}_crew")
    made: Crew = getattr(module, f"{kind}Crew")(on, workers, once)
    return made


def _kind_of(on: Any) -> str:
    """Which crew an object stands for."""
    if on == "ray" or getattr(on, "__name__", "") == "ray":
        return "Ray"
    kinds = {(kind.__module__.partition(".")[0], kind.__name__) for kind in type(on).__mro__}
    if kinds & {("distributed", "Client"), ("distributed", "ClientExecutor")}:
        return "Dask"
    if ("ipyparallel", "Client") in kinds:
        return "Ipyparallel"
    if isinstance(on, Executor):
        return "Executor"
    raise InvalidOptions(f"on= takes {POSSIBLE}, not {on!r}")
