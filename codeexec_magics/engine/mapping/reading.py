"""Values that a worker has sent, read here; which of them cannot be.

Lives in the kernel, in the thread that executes. Everything that is read is untrusted.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from codeexec_magics.data.plain import plain_items
from codeexec_magics.errors import DecodingFailed, ProtocolError

_NONSENSE = "an answer that is no list of values: the program wrote it"

Read = Callable[[int, int], bytes]
"""Reads a range of the outputs arena: offset and length."""
Decode = Callable[[object], Any]
"""Makes a value of PROTOCOL.md the object that it is."""


def uses_arena(value: object) -> bool:
    """Whether a value of PROTOCOL.md has a part in an arena."""
    return isinstance(value, Mapping) and ("inline" not in value or "buffers" in value)


def read_values(
    value: object, decode: Decode, read: Read
) -> tuple[list[Any], dict[int, DecodingFailed]]:
    """The list that a value is, and why some of its items could not be read, by their places.

    Args:
        value: As it arrived.
        decode: What decodes values of this worker.
        read: What reads the text of a value that is not in its message.

    Raises:
        ProtocolError: It is no list of values.
    """
    values = plain_items(value)
    if values is not None:
        return values, {}
    try:
        values = decode(value)
    except DecodingFailed:
        return _one_by_one(value, decode, read)
    if type(values) is not list:
        raise ProtocolError(_NONSENSE)
    return values, {}


def _one_by_one(
    value: Any, decode: Decode, read: Read
) -> tuple[list[Any], dict[int, DecodingFailed]]:
    values: list[Any] = []
    refused: dict[int, DecodingFailed] = {}
    shared = {name: value[name] for name in ("codec", "buffers") if name in value}
    for place, node in enumerate(_nodes(value, read)):
        try:
            values.append(decode({**shared, "inline": node}))
        except DecodingFailed as error:
            values.append(None)
            refused[place] = error
    return values, refused


def _nodes(value: Any, read: Read) -> list[Any]:
    try:
        nodes = value.get("inline")
        if nodes is None:
            nodes = json.loads(read(value["offset"], value["length"]))
    except Exception as error:
        raise ProtocolError(_NONSENSE) from error
    if not isinstance(nodes, list):
        raise ProtocolError(_NONSENSE)
    return nodes
