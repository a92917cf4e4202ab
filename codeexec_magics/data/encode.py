"""Turn a value into its descriptor, with bulk in an arena.

Used in the kernel for inputs and in a Python child for the result. The forms are those of
PROTOCOL.md, section "Values"; what they do not cover goes as a pickle to a reader that takes one.
"""

from __future__ import annotations

import json
from typing import Any

from ..errors import EncodingFailed
from ..protocol.jsonable import write_numpy_scalar
from ..protocol.scalars import full_type_name
from ..protocol.tree import (
    FLAT,
    LEAVES,
    TreeWriter,
    safe_error,
)
from .arena import Arena
from .plain import is_plain, members_type

PYTHON = frozenset({"python", "pickle"})
"""The reader is Python and takes pickles (``pickle`` alone says the same)."""

SEALED = frozenset({"python", "arrow"})
"""The reader is Python and does not trust the writer: it takes no pickles, but Arrow's streams."""

FOREIGN = frozenset({"arrow"})
"""The reader is another language, which reads Arrow's streams."""

# A program may replace what the module `json` offers; these two are made before it starts.
_write_text = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
_read_text = json.JSONDecoder().decode

_LARGEST_INLINE_TEXT = 64 * 1024
_LARGEST_INLINE_BYTES = 1024
_MOST_BUFFERS = 400_000  # their ranges stand in one frame, which is limited to 16 MiB
_MOST_CONTAINERS = 20_000_000


def encode(value: object, arena: Arena, *, reader: frozenset[str], root: str) -> dict[str, Any]:
    """Describe a value to another process.

    Parts that are shared within the value arrive equal and no longer shared, unless they are
    inside of a pickle.

    Args:
        value: Anything.
        arena: Takes what is large.
        reader: What the other side reads: `PYTHON`, `SEALED` or `FOREIGN`. Without ``arrow``,
            frames go to another language column by column.
        root: The word that paths in errors begin with: ``inputs`` or ``result``.

    Returns:
        A value of PROTOCOL.md, which ``json.dumps`` takes.

    Raises:
        EncodingFailed: The value cannot travel exactly. The arena is as before.
    """
    encoder, before = Encoder(arena, reader, root), arena.end
    try:
        return encoder.descriptor(value)
    except EncodingFailed:
        arena.rewind(before)
        raise
    except RecursionError:
        arena.rewind(before)
        encoder.refuse(value, "is nested too deeply for this process", "flatten it")
    except Exception as error:
        arena.rewind(before)
        path = str(encoder.path)
        reason = f"{type(error).__name__}: {safe_error(error)}"
        raise EncodingFailed(f"{path} cannot be read out: {reason}", path=path) from error


class Encoder(TreeWriter):
    """One encoding of one value; the modules ``as_…`` write their nodes with it.

    Attributes:
        arena: Takes what is large.
        reads_python: Whether the reader is Python.
        reads_arrow: Whether it reads Arrow's streams.
    """

    def __init__(self, arena: Arena, reader: frozenset[str], root: str) -> None:
        super().__init__(root)
        self.reads_python = bool(reader & PYTHON)
        self.reads_arrow = "arrow" in reader
        self._pickle = "pickle" in reader
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
        if len(raw) > _LARGEST_INLINE_TEXT:
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

    def scalar(self, value: Any) -> Any:
        """As in the base class; large bytes go to the arena, and other languages' limits hold."""
        cls = type(value)
        if cls in (bytes, bytearray) and len(value) > _LARGEST_INLINE_BYTES:
            return {"$": cls.__name__, "b": self.buffer(value)}
        if not self.reads_python:
            from .foreign import as_foreign

            as_foreign.check_scalar(self, value)
        return super().scalar(value)

    def other(self, value: Any) -> Any:
        """Numpy's scalars and arrays, then what the reader's language has for it."""
        if not self.reads_python:
            from .foreign import as_foreign

            return as_foreign.node(self, value)
        node = write_numpy_scalar(value)
        if node is None and full_type_name(value) == "numpy.ndarray":
            from . import as_array

            node = as_array.exact_node(self, value)
        if node is not None:
            return node
        from . import as_pickle

        if self._pickle:
            return as_pickle.node(self, value)
        return self._without_pickle(value)

    def _without_pickle(self, value: Any) -> Any:
        """A frame, or an array in another order, for a reader who takes no pickles."""
        from . import as_pickle
        from .arrow import as_arrow

        if full_type_name(value) == "numpy.ndarray":
            from . import as_array

            node = as_array.exact_node(self, value.copy(order="C"))
        else:
            node = as_arrow.exact_node(self, value) if self.reads_arrow else None
        if node is None:
            self.refuse(value, "cannot travel without a pickle", as_pickle.way_out(value))
        return node
