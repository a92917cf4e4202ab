"""Write a value's descriptor, with bulk in an arena: what every form of a value is written with.

Used in the kernel for inputs and in a Python child for the result. It knows the standard library's
types; `encode.Encoder` adds the others, whose modules are given a `Writer`.
"""

from __future__ import annotations

import json
from typing import Any

from ..protocol.numbers import LARGEST_INLINE
from ..protocol.tree import FLAT, LEAVES, TreeWriter
from .arena import Arena
from .plain import is_plain, members_type

PYTHON = frozenset({"python", "pickle"})
"""The reader is Python and takes pickles (``pickle`` alone says the same)."""

SEALED = frozenset({"python", "arrow"})
"""The reader is Python and does not trust the writer: it takes no pickles, but Arrow's streams."""

FOREIGN = frozenset({"arrow"})
"""The reader is another language, which reads Arrow's streams."""

KNOWN = frozenset({"known"})
"""Beside `PYTHON`: of what only a pickle holds, the reader wants the types of the standard library
and of the libraries for data, which it has itself; anything else is refused."""

CODE = frozenset({"code"})
"""Beside `PYTHON`: functions and classes that only this process has may be sent as their code."""

MILLISECONDS = "milliseconds"
"""Beside `FOREIGN`: what is finer of an instant is cut off, as the program's line asks for."""

RETURNED = frozenset({"returned"})
"""Beside `PYTHON`: classes that the reader has sent as their code may go back to it."""

STANDS_FOR: dict[type, type] = {}
"""Classes of ours that a program is given, and the plain ones as which they travel."""

# A program may replace what the module `json` offers; these two are made before it starts.
_write_text = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
_read_text = json.JSONDecoder().decode

_MOST_BUFFERS = 400_000  # their ranges stand in one frame, which is limited to 16 MiB
_MOST_CONTAINERS = 20_000_000


class Writer(TreeWriter):
    """One writing of one value; the modules ``as_…`` write their nodes with it.

    Attributes:
        arena: Takes what is large.
        notes: What a person is to be told of how values look to the reader.
        reads_python: Whether the reader is Python.
        reads_arrow: Whether it reads Arrow's streams.
        reads_columns: Whether it takes the columns of frames in bulk, and no Arrow.
        reads_files: Whether it takes frames as files, and libraries' arrays as lists.
        reads_microseconds: Whether its instants are as fine as Python's.
        cuts_instants: Whether what is finer than its instants is cut off (`MILLISECONDS`).
        reads_pickle: Whether it takes pickles.
        takes_code: Whether code may be among them (`CODE`).
        takes_back: Whether classes may be that came from the reader so (`RETURNED`).
        known_only: Whether these must be of `KNOWN` types.
    """

    def __init__(
        self, arena: Arena, reader: frozenset[str], root: str, kept: list[object] | None = None
    ) -> None:
        super().__init__(root)
        self._kept = kept
        self.notes: list[str] = []
        self.reads_python = bool(reader & PYTHON)
        self.reads_arrow = "arrow" in reader
        self.reads_columns = "columns" in reader
        self.reads_files = "files" in reader
        self.reads_microseconds = "microseconds" in reader
        self.cuts_instants = MILLISECONDS in reader
        self.reads_pickle = "pickle" in reader
        self.takes_code = bool(reader & CODE)
        self.takes_back = bool(reader & RETURNED)
        self.known_only = bool(reader & KNOWN)
        self.arena = arena
        self._buffers: list[tuple[int, ...]] = []
        self._containers = 0

    def descriptor(self, value: object) -> dict[str, Any]:
        """The whole value; raises whatever user code raises."""
        node = self.node(value)
        # The text is made at once, so that no later change of a mutable part shows.
        text = _write_text(node)
        raw = text.encode()
        descriptor: dict[str, Any] = {"codec": "tree"}
        if len(raw) > LARGEST_INLINE:
            descriptor["offset"], descriptor["length"] = self.arena.append(raw)
        else:
            descriptor["inline"] = _read_text(text)
        if self._buffers:
            descriptor["buffers"] = [list(place) for place in self._buffers]
        return descriptor

    def buffer(self, data: Any) -> int:
        """Put contiguous bytes into the arena and return their index among the buffers."""
        return self.place(data, self.arena.keep(data))

    def place(self, data: Any, place: tuple[int, ...]) -> int:
        """Note where something stands in the arena, and return its index among the buffers."""
        if len(self._buffers) >= _MOST_BUFFERS:
            self.refuse(
                data, f"is one too many: a value holds at most {_MOST_BUFFERS} arrays", "stack them"
            )
        self._buffers.append(place)
        return len(self._buffers) - 1

    @property
    def keeps(self) -> bool:
        """Whether values are kept here, so that they may come back as themselves."""
        return self._kept is not None

    def keep(self, value: object) -> dict[str, Any]:
        """Keep a value, and return the key of its node by which it may come back as itself."""
        if self._kept is None:
            return {}
        self._kept.append(value)
        return {"kept": len(self._kept) - 1}

    def container(self, value: Any, cls: type) -> Any:
        """As in the base class; what is plain is its own node."""
        if is_plain(value, cls):
            return value
        if cls is list and LEAVES.issuperset(map(type, value)):
            return [self.node(item) for item in value]
        member = members_type(value) if cls is list else None
        if member is not None:
            tag = FLAT[member]
            return [{"$": tag, "v": list(item)} for item in value]
        self._containers += 1
        if self._containers > _MOST_CONTAINERS:
            self.refuse(
                value,
                f"is one of more than {_MOST_CONTAINERS} containers (shared ones count each time)",
                "use arrays or a frame",
            )
        return super().container(value, cls)
