"""Turn a value into its descriptor, with bulk in an arena.

Used in the kernel for inputs and in a Python child for the result. The forms are those of
PROTOCOL.md, section "Values"; what they do not cover goes as a pickle to a reader that takes one.
"""

from __future__ import annotations

from typing import Any

from ..errors import EncodingFailed
from ..protocol.imports import imports_from_outside
from ..protocol.jsonable import write_numpy_scalar
from ..protocol.numbers import LARGEST_INLINE_BYTES
from ..protocol.scalars import full_type_name
from ..protocol.tree import is_panic, safe_error
from .arena import Arena
from .writer import (
    CODE,
    FOREIGN,
    KNOWN,
    MILLISECONDS,
    PYTHON,
    RETURNED,
    SEALED,
    STANDS_FOR,
    Writer,
)

__all__ = [
    "CODE",
    "FOREIGN",
    "KNOWN",
    "MILLISECONDS",
    "PYTHON",
    "RETURNED",
    "SEALED",
    "STANDS_FOR",
    "encode",
]


def encode(
    value: object,
    arena: Arena,
    *,
    reader: frozenset[str],
    root: str,
    kept: list[object] | None = None,
    notes: list[str] | None = None,
) -> dict[str, Any]:
    """Describe a value to another process.

    Parts that are shared within the value arrive equal and no longer shared, unless they are
    inside of a pickle.

    Args:
        value: Anything.
        arena: Takes what is large.
        reader: What the other side reads: `PYTHON`, `SEALED` or `FOREIGN`. Without ``arrow``,
            frames go to another language column by column.
        root: The word that paths in errors begin with: ``inputs`` or ``result``.
        kept: Takes what another language may hand back as it is: frames, and what only Python has.
            `decode` needs it then. Without it they come back as what they were sent as.
        notes: Takes what a person is to be told of how values look to the reader.

    Returns:
        A value of PROTOCOL.md, which ``json.dumps`` takes.

    Raises:
        EncodingFailed: The value cannot travel exactly. The arena is as before.
    """
    encoder, before = Encoder(arena, reader, root, kept), arena.end
    try:
        with imports_from_outside():
            descriptor = encoder.descriptor(value)
    except EncodingFailed:
        arena.rewind(before)
        raise
    except RecursionError:
        arena.rewind(before)
        encoder.refuse(value, "is nested too deeply for this process", "flatten it")
    except BaseException as error:
        if not isinstance(error, Exception) and not is_panic(error):
            raise
        arena.rewind(before)
        path = str(encoder.path)
        reason = f"{type(error).__name__}: {safe_error(error)}"
        raise EncodingFailed(f"{path} cannot be read out: {reason}", path=path) from error
    if notes is not None:
        notes.extend(encoder.notes)
    return descriptor


class Encoder(Writer):
    """Writes whatever has a form: it knows the modules ``as_…``, and loads them late."""

    def scalar(self, value: Any) -> Any:
        """As in the base class; large bytes go to the arena, and other languages' limits hold."""
        cls = type(value)
        if cls in (bytes, bytearray) and len(value) > LARGEST_INLINE_BYTES:
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
        plain = STANDS_FOR.get(type(value))
        if plain is not None:
            return self.container(plain(value), plain)
        node = write_numpy_scalar(value)
        if node is None and full_type_name(value) == "numpy.ndarray":
            from . import as_array

            node = as_array.exact_node(self, value)
        if node is not None:
            return node
        from . import as_pickle

        if self.reads_pickle:
            return as_pickle.node(self, value)
        return self._without_pickle(value)

    def _without_pickle(self, value: Any) -> Any:
        """A frame, an array in another order or of text, or an object that is known."""
        from . import array_items, as_array, as_objects, as_pickle
        from .arrow import as_arrow

        if full_type_name(value) == "numpy.ndarray":
            if array_items.goes_by_items(value) and not value.dtype.metadata:
                return array_items.node(self, value)
            node = as_array.exact_node(self, value.copy(order="C"))
        else:
            node = as_objects.node(self, value)
            if node is None and self.reads_arrow:
                node = as_arrow.exact_node(self, value)
        if node is None:
            self.refuse(value, "cannot be sent without a pickle", as_pickle.way_out(value))
        return node
