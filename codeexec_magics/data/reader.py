"""Read a descriptor and an arena: what every form of a value is read with.

Used in the kernel for results and in a Python child for inputs. It knows the standard library's
types; `decode.Decoder` adds the others, whose modules are given a `Reader`. Everything that is read
here was written by another process and is checked before use.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Sequence
from typing import Any

from ..protocol.numbers import ALIGNMENT
from ..protocol.tree import TreeReader
from .arena import ELSEWHERE, Arena
from .room import check_room

_WORTH_A_PAUSE = 1 << 20
_MOST_LOOKS = 2


class Reader(TreeReader):
    """One reading of one descriptor."""

    def __init__(self, arena: Arena, root: str, kept: Sequence[object] = ()) -> None:
        super().__init__(root)
        self._kept = kept
        self._arena = arena
        self._places: list[tuple[int, int] | None] = []
        self._memory: memoryview | None = None
        self._named: dict[int, int] = {}

    def open(self, descriptor: Any) -> Any:
        """Check the descriptor and return its node; raises any Exception."""
        if type(descriptor) is not dict or descriptor.get("codec") != "tree":
            raise ValueError("it is no value of the protocol")
        size = self._arena.size if len(descriptor) > 2 else 0
        self._places = [_place(pair, size) for pair in descriptor.get("buffers", ())]
        if sum(place[1] for place in self._places if place is not None) > size:
            raise ValueError("its buffers name the same bytes again and again")
        if "inline" in descriptor:
            return descriptor["inline"]
        offset, length = _place((descriptor["offset"], descriptor["length"]), size) or (0, 0)
        text = self._arena.read(offset, length)
        check_room(text)
        with _CollectorPaused(length):
            return json.loads(bytes(text))

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
        # Twice, since a reader may look at a column before it reads it as a list.
        self._named[index] = self._named.get(index, 0) + 1
        if self._named[index] > _MOST_LOOKS:
            raise ValueError(f"buffer {index} is named again and again")
        place = self._places[index]
        if place is None:
            return self._arena.fetched(index)
        if self._memory is None:
            self._memory = self._arena.map()
        offset, length = place
        if offset + length > len(self._memory):
            raise ValueError("the arena has shrunk")
        return self._memory[offset : offset + length]

    def kept(self, place: Any) -> Any:
        """What was kept here when it was sent.

        Raises:
            ValueError: There is no such thing.
        """
        if type(place) is not int or not 0 <= place < len(self._kept):
            raise ValueError(f"nothing was kept as {place!r}")
        return self._kept[place]

    def kept_frames(self) -> Sequence[object]:
        """What was kept here: the frames among it say what columns were that have their names."""
        return self._kept

    def tagged(self, node: dict[str, Any]) -> Any:
        """As in the base class; large bytes are in the arena."""
        tag = node["$"]
        if tag in ("bytes", "bytearray") and "b" in node:
            return (bytes if tag == "bytes" else bytearray)(self.buffer(node["b"]))
        return super().tagged(node)


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
