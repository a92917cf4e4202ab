"""Rebuild a value from its descriptor and an arena.

Used in the kernel for results and in a Python child for inputs. Everything that is read here was
written by another process and is checked before use.
"""

from __future__ import annotations

import gc
import json
from typing import Any

from ..errors import DecodingFailed
from ..protocol.jsonable import read_numpy_scalar
from ..protocol.tree import TreeReader, safe_error
from .arena import ALIGNMENT, ELSEWHERE, Arena

_WORTH_A_PAUSE = 1 << 20


def decode(
    descriptor: object,
    arena: Arena,
    *,
    allow_pickle: bool,
    root: str,
    by_columns: bool = False,
) -> Any:
    """The value of a descriptor.

    Arrays, and frames whose buffers travelled beside their pickle, are writable views of one
    private memory that lives as long as they do.

    Args:
        descriptor: A value of PROTOCOL.md, as it arrived.
        arena: Where its bulk is. Seal it before (`Arena.seal`), or large content is copied.
        allow_pickle: Whether the sender may run code here by a pickle.
        root: The word that paths in errors begin with: ``inputs`` or ``result``.
        by_columns: Whether rows that arrived by columns may stay so (`as_rows.Columns`), for
            `conversion.convert`.

    Raises:
        DecodingFailed: The descriptor is malformed, or the value cannot be rebuilt here. Nothing
            else, whatever arrived.
    """
    decoder = Decoder(arena, allow_pickle=allow_pickle, root=root, by_columns=by_columns)
    try:
        node = decoder.open(descriptor)
    except RecursionError:
        raise DecodingFailed(f"{root} cannot be read: it is nested too deeply", path=root) from None
    except Exception as error:
        raise DecodingFailed(f"{root} cannot be read: {safe_error(error)}", path=root) from error
    return decoder.read(node)


class Decoder(TreeReader):
    """One decoding of one descriptor."""

    def __init__(self, arena: Arena, *, allow_pickle: bool, root: str, by_columns: bool) -> None:
        super().__init__(root)
        self._by_columns = by_columns
        self._arena = arena
        self._allow_pickle = allow_pickle
        self._places: list[tuple[int, int] | None] = []
        self._memory: memoryview | None = None

    def open(self, descriptor: Any) -> Any:
        """Check the descriptor and return its node; raises any Exception."""
        if type(descriptor) is not dict or descriptor.get("codec") != "tree":
            raise ValueError("it is no value of the protocol")
        size = self._arena.size if len(descriptor) > 2 else 0
        self._places = [_place(pair, size) for pair in descriptor.get("buffers", ())]
        if "inline" in descriptor:
            return descriptor["inline"]
        offset, length = _place((descriptor["offset"], descriptor["length"]), size) or (0, 0)
        with _CollectorPaused(length):
            return json.loads(bytes(self._arena.read(offset, length)))

    def read(self, node: object) -> Any:
        """As in the base class."""
        with _CollectorPaused(sum(place[1] for place in self._places if place is not None)):
            return super().read(node)

    def buffer(self, index: Any) -> memoryview:
        """The bytes of one of the buffers, private and writable.

        Raises:
            Exception: There is no such buffer, or the arena cannot be read.
        """
        if type(index) is not int or not 0 <= index < len(self._places):
            raise ValueError(f"there is no buffer {index!r}")
        place = self._places[index]
        if place is None:
            return self._arena.fetched(index)
        if self._memory is None:
            self._memory = self._arena.map()
        offset, length = place
        if offset + length > len(self._memory):
            raise ValueError("the arena has shrunk")
        return self._memory[offset : offset + length]

    def other(self, tag: str, node: dict[str, Any]) -> Any:
        """Numpy's scalars and arrays, frames, lists by columns, and pickles."""
        if tag == "scalar":
            return read_numpy_scalar(node)
        if tag == "array":
            from . import as_array

            return as_array.value(node["dtype"], node["shape"], self.buffer(node["b"]))
        if tag == "arrow":
            from .arrow import from_arrow

            return from_arrow.value(self, node)
        if tag in ("numbers", "booleans", "texts", "instants", "rows"):
            from . import as_rows

            stays = self._by_columns and not self.path.parts and tag == "rows"
            return getattr(as_rows, "columns" if stays else tag)(self, node)
        if tag == "pickle":
            return self._pickle(node)
        return super().other(tag, node)

    def tagged(self, node: dict[str, Any]) -> Any:
        """As in the base class; large bytes are in the arena."""
        tag = node["$"]
        if tag in ("bytes", "bytearray") and "b" in node:
            return (bytes if tag == "bytes" else bytearray)(self.buffer(node["b"]))
        return super().tagged(node)

    def _pickle(self, node: dict[str, Any]) -> Any:
        if not self._allow_pickle:
            raise ValueError("it is a pickle, which is not accepted from this sender")
        from . import as_pickle

        indices = node["buffers"]
        if type(indices) is not list:
            raise TypeError("the buffers of a pickle are a list")
        return as_pickle.value(self.buffer(node["b"]), [self.buffer(index) for index in indices])


def _place(pair: Any, size: int) -> tuple[int, int] | None:
    """A checked range of the arena; None for a buffer that is elsewhere."""
    if len(pair) == ELSEWHERE:
        return None
    offset, length = pair
    if type(offset) is not int or type(length) is not int:
        raise TypeError("an offset and a length are integers")
    if offset < 0 or length < 0 or (offset + length > size and length):
        raise ValueError(f"{length} bytes at {offset} are not within an arena of {size} bytes")
    if offset % ALIGNMENT:
        raise ValueError(f"the offset {offset} is no multiple of {ALIGNMENT}")
    return (offset, length) if length else (0, 0)


class _CollectorPaused:
    """Keeps the cyclic collector from walking a large value again and again while it grows.

    A class, since importing ``contextlib`` costs the child more than all of this module.
    """

    def __init__(self, size: int) -> None:
        self._pause = size > _WORTH_A_PAUSE and gc.isenabled()

    def __enter__(self) -> None:
        if self._pause:
            gc.disable()

    def __exit__(self, *error: object) -> None:
        if self._pause:
            gc.enable()
