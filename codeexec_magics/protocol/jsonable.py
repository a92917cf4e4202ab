"""Values in the JSON form of a result's record: exact where that is possible, else as text.

Plain code of the standard library that runs on Python 3.9, in the kernel and in the child. The
nodes are those of PROTOCOL.md, all of them inline, with ``lossy`` beside them. Numpy's scalars are
among them, since many a result is one; numpy is imported only to read one.
"""

from __future__ import annotations

import binascii
import json
import re
import sys
from importlib import import_module
from typing import Any

from .numbers import DEEPEST
from .scalars import base64_text, full_type_name
from .tree import (
    TreeReader,
    TreeWriter,
    safe_text,
)

LARGEST = 1_000_000
"""Characters of JSON; a larger value is kept by `to_jsonable` as type and text only."""

_DTYPE = re.compile(
    r"[<>|](b1|[iu][1248]|f(2|4|8|12|16)|c(8|16|24|32)|[mM]8(\[\d{0,9}[A-Za-z]{1,2}\])?)"
)


def to_jsonable(value: object) -> tuple[Any, bool]:
    """A form of the value that ``json.dumps(…, allow_nan=False)`` takes, and whether it lost.

    What JSON does not hold is tagged by its type. A value of an unknown type, a container in
    itself, what is nested deeper than `DEEPEST`, and a whole that is larger than `LARGEST` become
    ``{"$": "lossy", "type": …, "text": …}``. Never raises,
    whatever the value's own methods do; only a real interrupt passes.
    """
    writer = _JsonWriter()
    try:
        form = writer.node(value)
        fits = len(json.dumps(form, allow_nan=False)) <= LARGEST
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001 (a user's tzinfo may raise anything)
        fits = False
    return (form, writer.lossy) if fits else (lossy_node(value), True)


def from_jsonable(form: object) -> Any:
    """The value of a form that `to_jsonable` made; what was lost reads as its text.

    Raises:
        DecodingFailed: It is no such form.
    """
    return _JsonReader("output").read(form)


def lossy_node(value: object) -> dict[str, str]:
    """Type and text of a value that cannot be kept; calls its ``repr``, and never raises."""
    return {"$": "lossy", "type": full_type_name(value), "text": safe_text(value)}


class _JsonWriter(TreeWriter):
    """Keeps what is known, replaces the rest by its text, and stops when it gets large."""

    def __init__(self) -> None:
        super().__init__("output")
        self.lossy = False
        self._left = LARGEST

    def node(self, value: Any) -> Any:
        """As in the base class; counts, at least, the characters that the node will need."""
        self._left -= len(value) if type(value) in (str, bytes, bytearray) else 2
        if self._left < 0:
            self.refuse(value, f"is larger than {LARGEST} characters", "keep it elsewhere")
        return super().node(value)

    def container(self, value: Any, cls: type) -> Any:
        """As in the base class; a part of itself, and what is too deep, is kept as its text."""
        if id(value) in self._open or len(self._open) >= DEEPEST:
            return self.other(value)
        return super().container(value, cls)

    def other(self, value: Any) -> Any:
        """A numpy scalar exactly; of anything else its type and text."""
        node = write_numpy_scalar(value)
        if node is None:
            node, self.lossy = lossy_node(value), True
        self._left -= len(node.get("text", ""))
        return node


class _JsonReader(TreeReader):
    """Reads what `_JsonWriter` wrote."""

    def other(self, tag: str, node: dict[str, Any]) -> Any:
        """A numpy scalar, or the text of what was lost."""
        if tag == "lossy":
            return node["text"]
        if tag == "scalar":
            return read_numpy_scalar(node)
        return super().other(tag, node)


def write_numpy_scalar(value: Any) -> dict[str, Any] | None:
    """The node of a numpy scalar; None if it is none, or its dtype does not tell its type."""
    generic = getattr(sys.modules.get("numpy"), "generic", None)
    if generic is None or not issubclass(type(value), generic):
        return None
    dtype = value.dtype
    exact = _DTYPE.fullmatch(dtype.str) and sys.modules["numpy"].dtype(dtype.str).type is type(
        value
    )
    if not exact or dtype.metadata:
        return None
    return {"$": "scalar", "dtype": dtype.str, "v": base64_text(value.tobytes())}


def read_numpy_scalar(node: dict[str, Any]) -> Any:
    """The numpy scalar of a node.

    Raises:
        Exception: The node is malformed, or numpy is missing.
    """
    dtype = read_dtype(node["dtype"])
    raw = binascii.a2b_base64(node["v"])
    if len(raw) != dtype.itemsize or (dtype.kind == "b" and raw not in (b"\0", b"\1")):
        raise ValueError(f"{raw!r} is no item of dtype {dtype}")
    return import_module("numpy").ndarray((), dtype, raw)[()]


def read_dtype(text: Any) -> Any:
    """The numpy dtype that a node names: of fixed size, with no objects and no text in it.

    Raises:
        Exception: It is no such name, or numpy is missing.
    """
    if not isinstance(text, str) or not _DTYPE.fullmatch(text):
        raise ValueError(f"{text!r} is no dtype of the protocol")
    return import_module("numpy").dtype(text)
