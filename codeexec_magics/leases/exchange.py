"""The values of one run: to its worker, and back.

Lives in the kernel, in the thread that executes. Owns what is on its way. Small values travel in
messages, others in the arenas; between this process and a Python runner that it may copy from and
to, large buffers go from memory to memory, and this module alone knows which of them did.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from codeexec_magics.data import CODE, PYTHON, SEALED, Arena, decode, encode
from codeexec_magics.data.conversion import receive
from codeexec_magics.data.remote_memory import Fetching, Leaving
from codeexec_magics.errors import EncodingFailed
from codeexec_magics.leases.lease import Lease
from codeexec_magics.leases.worker_memory import WorkerMemory

_MEMORY = "memory"
"""What says in `run.values` that a value may stay in the worker's memory."""


class Exchange:
    """What goes to one worker and comes from it.

    Args:
        lease: The run.
        reader: What the runner reads beyond the plain kinds.
        sandboxed: Whether nothing that comes may be believed: no pickle, which could run code here,
            and no memory but the arenas.

    Attributes:
        trusted: Whether a program may run code here by what it returns: it could anyway.
        notes_of_inputs: What a person is to be told of how they look to the program.
    """

    def __init__(self, lease: Lease, *, reader: frozenset[str], sandboxed: bool) -> None:
        self._lease = lease
        self._reader = reader if sandboxed else reader | CODE
        self._believed = SEALED if sandboxed else PYTHON
        self.trusted = "pickle" in reader and not sandboxed
        self._memory = WorkerMemory(lease) if self.trusted else None
        self._leaving: Leaving | None = None
        self._items: Arena | None = None
        self._fetched: dict[int, memoryview] = {}
        self._kept: list[object] = []
        self.notes_of_inputs: list[str] = []

    @property
    def leaves(self) -> bool:
        """Whether inputs wait here until the worker has made room for them."""
        return self._leaving is not None and bool(self._leaving.kept)

    def inputs(self, values: Mapping[str, Any], *, seal: bool) -> dict[str, Any]:
        """Encode the inputs; returns the fields of the message ``run`` that are about values.

        Args:
            values: By name.
            seal: Whether nothing else goes this way.

        Raises:
            EncodingFailed: One of them cannot travel.
        """
        direct = self._memory is not None and self._memory.usable
        arena = Leaving(self._lease.inputs) if direct else Arena(self._lease.inputs)
        fields: dict[str, Any] = {
            "inputs": encode(
                dict(values),
                arena,
                reader=self._reader,
                root="inputs",
                kept=self._kept,
                notes=self.notes_of_inputs,
            )
        }
        if seal:
            with contextlib.suppress(OSError):  # what cannot be sealed is copied by its reader
                arena.seal()
        believed = set(self._believed)
        if isinstance(arena, Leaving):
            self._leaving = arena
            believed.add(_MEMORY)
            fields["room"] = self.leaves
        return {**fields, "values": sorted(believed)}

    def fill(self, rooms: Any) -> None:
        """Copy the inputs that waited to where the worker has made room for them.

        Args:
            rooms: What the worker says: a list of index and address.

        Raises:
            ProtocolError: It is not what was asked for, or the worker is gone.
        """
        if self._memory is not None and self._leaving is not None:
            self._memory.fill(self._leaving.kept, rooms)

    def items(self, values: list[Any], *, anew: bool) -> dict[str, Any]:
        """Encode items of a map.

        Args:
            values: The items.
            anew: Whether nobody reads what has gone this way before.

        Raises:
            EncodingFailed: One of them cannot travel.
        """
        if self._items is None:
            self._items = Arena(self._lease.inputs)
        if anew:
            self._items.rewind(0)
        try:
            return encode(values, self._items, reader=self._reader, root="item")
        except EncodingFailed:
            if len(values) == 1:  # by itself: its path is shorter
                encode(values[0], self._items, reader=self._reader, root="item")
            raise

    def fetch(self, descriptor: Any) -> None:
        """Copy what a value has in the worker's memory, while the worker waits for that.

        Raises:
            MemoryError: It is larger than what is left here.
            ProtocolError: It is not there, or the worker is gone.
        """
        if self._memory is not None:
            self._fetched = self._memory.take(descriptor)

    @property
    def is_sealed(self) -> bool:
        """Whether no process of the run can change its value any more, though some be alive."""
        return Arena(self._lease.outputs).sealed

    def result(self, descriptor: Any, converter: str) -> Any:
        """Decode the run's value: it is sealed, or nothing of the run is alive to change it.

        Raises:
            DataError: It cannot be rebuilt here, or has no such form.
        """
        arena = Fetching(self._lease.outputs, self._fetched)
        with contextlib.suppress(OSError):
            arena.seal()
        return receive(
            descriptor,
            arena,
            allow_pickle=self.trusted,
            root="result",
            converter=converter,
            kept=self._kept,
        )

    def answer(self, descriptor: object) -> Any:
        """Decode what came of some items.

        Raises:
            DecodingFailed: It is malformed, or cannot be rebuilt here.
        """
        arena = Arena(self._lease.outputs)
        return decode(descriptor, arena, allow_pickle=self.trusted, root="result", kept=self._kept)

    def read(self, offset: int, length: int) -> bytes:
        """What the worker wrote to the outputs arena.

        Raises:
            ValueError: It has not written so much there.
        """
        return bytes(Arena(self._lease.outputs).read(offset, length))

    def notes(self, offset: int, length: int) -> bytes:
        """The same, as far as there is something."""
        size = Arena(self._lease.outputs).size
        return self.read(offset, max(0, min(size - offset, length)))

    def close(self) -> None:
        """Let go of the worker's memory. Safe to call twice."""
        if self._memory is not None:
            self._memory.close()
