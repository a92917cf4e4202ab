"""Rebuild a value from its descriptor and an arena.

Used in the kernel for results and in a Python child for inputs. Everything that is read here was
written by another process and is checked before use.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import DecodingFailed
from ..protocol.imports import imports_from_outside
from ..protocol.jsonable import read_numpy_scalar
from ..protocol.tree import safe_error
from .arena import Arena
from .reader import Reader


def decode(
    descriptor: object,
    arena: Arena,
    *,
    allow_pickle: bool,
    root: str,
    by_columns: bool = False,
    kept: Sequence[object] = (),
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
        kept: What `encode` kept, for values that come back as themselves.

    Raises:
        DecodingFailed: The descriptor is malformed, or the value cannot be rebuilt here. Nothing
            else, whatever arrived.
    """
    decoder = Decoder(arena, root, allow_pickle=allow_pickle, by_columns=by_columns, kept=kept)
    try:
        node = decoder.open(descriptor)
    except RecursionError:
        raise DecodingFailed(f"{root} cannot be read: it is nested too deeply", path=root) from None
    except Exception as error:
        raise DecodingFailed(f"{root} cannot be read: {safe_error(error)}", path=root) from error
    with imports_from_outside():
        return decoder.read(node)


class Decoder(Reader):
    """Reads whatever has a form: it knows the modules of the forms, and loads them late."""

    def __init__(
        self,
        arena: Arena,
        root: str,
        *,
        allow_pickle: bool,
        by_columns: bool,
        kept: Sequence[object],
    ) -> None:
        super().__init__(arena, root, kept)
        self._by_columns = by_columns
        self._allow_pickle = allow_pickle

    def tagged(self, node: dict[str, Any]) -> Any:
        """As in the base class; what comes back unchanged is what was sent."""
        return super().tagged(node) if "kept" not in node else self.kept(node["kept"])

    def other(self, tag: str, node: dict[str, Any]) -> Any:
        """Numpy's scalars and arrays, frames, lists by columns, and pickles."""
        if tag == "scalar":
            return read_numpy_scalar(node)
        if tag == "array":
            from . import array_items, as_array

            if "v" in node:
                return array_items.value(self, node)
            array = as_array.value(node["dtype"], node["shape"], self.buffer(node["b"]))
            return array_items.restored(array, node["was"]) if "was" in node else array
        if tag == "arrow":
            from .arrow import from_arrow

            return from_arrow.value(self, node)
        if tag in ("numbers", "booleans", "texts", "instants", "rows"):
            from . import as_rows

            stays = self._by_columns and not self.path.parts and tag == "rows"
            return getattr(as_rows, "columns" if stays else tag)(self, node)
        if tag == "kept":
            return self.kept(node["kept"])
        if tag in ("table", "frame"):
            from .foreign import changed_frame, made_frame

            return (made_frame if tag == "table" else changed_frame).value(self, node)
        if tag == "object":
            from . import as_objects

            return as_objects.value(self, node)
        if tag == "pickle":
            return self._pickle(node)
        return super().other(tag, node)

    def _pickle(self, node: dict[str, Any]) -> Any:
        if not self._allow_pickle:
            raise ValueError("it is a pickle, which is not accepted from this sender")
        from . import as_pickle

        indices = node["buffers"]
        if type(indices) is not list:
            raise TypeError("the buffers of a pickle are a list")
        buffers = [self.buffer(index) for index in indices]
        return as_pickle.value(self.buffer(node["b"]), buffers, node.get("python"))
