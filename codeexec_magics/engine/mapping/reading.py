"""Values that a worker has sent, read here; which of them cannot be.

Lives in the kernel, in the thread that executes. Everything that is read is untrusted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from codeexec_magics.data import Arena, decode
from codeexec_magics.data.plain import plain_items
from codeexec_magics.engine.mapping.task import Task
from codeexec_magics.engine.surroundings import is_trusted
from codeexec_magics.errors import DecodingFailed, ProtocolError

_NONSENSE = "an answer that is no list of values: the program wrote it"


def uses_arena(value: object) -> bool:
    """Whether a value of PROTOCOL.md has a part in an arena."""
    return isinstance(value, Mapping) and ("inline" not in value or "buffers" in value)


def read_values(
    value: object, outputs: int, task: Task
) -> tuple[list[Any], dict[int, DecodingFailed]]:
    """The list that a value is, and why some of its items could not be read, by their places.

    Args:
        value: As it arrived.
        outputs: The descriptor of the outputs arena.
        task: What the worker does.

    Raises:
        ProtocolError: It is no list of values.
    """
    values = plain_items(value)
    if values is not None:
        return values, {}
    arena = Arena(outputs)
    try:
        values = _decoded(value, arena, task)
    except DecodingFailed:
        return _one_by_one(value, arena, task)
    if type(values) is not list:
        raise ProtocolError(_NONSENSE)
    return values, {}


def _one_by_one(
    value: Any, arena: Arena, task: Task
) -> tuple[list[Any], dict[int, DecodingFailed]]:
    values: list[Any] = []
    refused: dict[int, DecodingFailed] = {}
    shared = {name: value[name] for name in ("codec", "buffers") if name in value}
    for place, node in enumerate(_nodes(value, arena)):
        try:
            values.append(_decoded({**shared, "inline": node}, arena, task))
        except DecodingFailed as error:
            values.append(None)
            refused[place] = error
    return values, refused


def _nodes(value: Any, arena: Arena) -> list[Any]:
    try:
        nodes = value.get("inline")
        if nodes is None:
            nodes = json.loads(arena.read(value["offset"], value["length"]))
    except Exception as error:
        raise ProtocolError(_NONSENSE) from error
    if not isinstance(nodes, list):
        raise ProtocolError(_NONSENSE)
    return nodes


def _decoded(value: object, arena: Arena, task: Task) -> Any:
    with task.shield.lowered():  # unpickling runs code of the user's classes
        allowed = is_trusted(task.language, task.options)
        return decode(value, arena, allow_pickle=allowed, root="result")
