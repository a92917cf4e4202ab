"""The kinds of values that a pipeline's file holds: each reads a node, and has its JSON Schema.

Runs in the process that loads a pipeline; pure. One description serves the checker and the schema,
so that they agree.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from codeexec_magics.errors import InvalidOptions
from codeexec_magics.pipelines.nodes import Node, Report, nearest
from codeexec_magics.values import CONVERTERS
from codeexec_magics.values.options import ExecutionOptions, parse_size

NAME = r"^[A-Za-z_][A-Za-z0-9_-]*$"
"""What inputs, steps and outputs are called."""
REFERENCE = (
    r"^[A-Za-z_][A-Za-z0-9_-]*"
    r"(\.[A-Za-z_][A-Za-z0-9_-]*|\[[0-9]{1,9}\])*(\.\$failure)?$"
)
_SIZE = r"^(?=.*[1-9]) *[0-9]+(\.[0-9]+)? *([KkMmGgTt])?([Ii]?[Bb])? *$"

Read = Callable[[Node, str, Report], Any]
"""Makes a value of a node that is called so; what it reports is a problem, and its value unused."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value.

    Attributes:
        read: Makes the value of a node.
        schema: The same in the words of JSON Schema.
    """

    read: Read
    schema: dict[str, Any]


def _sentence(check: Callable[[Any], bool], words: str, schema: dict[str, Any]) -> Kind:
    """A kind that one sentence describes."""

    def read(node: Node, name: str, report: Report) -> Any:
        if check(node.value):
            return node.value
        report(node, f"{name} must be {words}, not {node.shown()}")
        return None

    return Kind(read, schema)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_count(value: Any, least: int, most: int) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(value) and value == int(value) and least <= value <= most


TEXT = _sentence(_is_text, "text", {"type": "string"})
CODE = _sentence(lambda value: _is_text(value) and bool(value.strip()), "a program",
                 {"type": "string", "pattern": r"\S"})  # fmt: skip
PATH = _sentence(
    lambda value: _is_text(value) and bool(value) and "\0" not in value,
    "a path",
    {"type": "string", "minLength": 1, "pattern": r"^[^\u0000]*$"},
)
FLAG = _sentence(lambda value: isinstance(value, bool), "true or false", {"type": "boolean"})
ANYTHING = Kind(lambda node, *_: node.data(), {})


def _read_variable(node: Node, name: str, report: Report) -> Any:
    if isinstance(node.value, dict | list) or node.value is None:
        report(node, f"{name} must be text, not {node.shown()}")
        return None
    return node.text


VARIABLE = Kind(_read_variable, {"type": ["string", "number", "boolean"]})
"""An environment variable's value: what is written, whatever YAML would make of it."""


def count(least: int, most: int) -> Kind:
    """A whole number within limits."""

    def read(node: Node, name: str, report: Report) -> Any:
        if _is_count(node.value, least, most):
            return int(node.value)
        report(node, f"{name} must be {least:,} to {most:,}, not {node.shown()}")
        return None

    return Kind(read, {"type": "integer", "minimum": least, "maximum": most})


def number(least: float, most: float) -> Kind:
    """A number within limits."""

    def is_one(value: Any) -> bool:
        return (
            isinstance(value, int | float)
            and not isinstance(value, bool)
            and least <= value <= most
        )

    words = f"a number from {least:g} to {most:g}"
    return _sentence(is_one, words, {"type": "number", "minimum": least, "maximum": most})


def choice(*words: str) -> Kind:
    """One of some words."""

    def read(node: Node, name: str, report: Report) -> Any:
        if node.value in words and _is_text(node.value):
            return node.value
        hint = nearest(node.value, words) if _is_text(node.value) else ""
        known = ", ".join(words)
        report(
            node, f"{name} must be {'one of ' * (len(words) > 1)}{known}, not {node.shown()}{hint}"
        )
        return None

    return Kind(read, {"enum": list(words)})


def _matching(pattern: str, words: str) -> Kind:
    found = re.compile(pattern, re.ASCII)
    return _sentence(
        lambda value: _is_text(value) and found.search(value) is not None and value[-1:] != "\n",
        words,
        {"type": "string", "pattern": pattern},
    )


IDENTIFIER = _matching(NAME, "a name of letters, digits, - and _")
REFERENCE_TEXT = _matching(REFERENCE, "an input or a step, such as `clean` or `clean.rows[0]`")


def list_of(kind: Kind, *, alone: bool = False) -> Kind:
    """A list; with ``alone``, one value stands for a list of it."""

    def read(node: Node, name: str, report: Report) -> Any:
        if alone and not isinstance(node.value, list):
            return [kind.read(node, name, report)]
        if not isinstance(node.value, list):
            report(node, f"{name} must be a list, not {node.shown()}")
            return []
        return [
            kind.read(item, f"{name}[{place}]", report) for place, item in enumerate(node.value)
        ]

    schema = {"type": "array", "items": kind.schema}
    return Kind(read, {"anyOf": [kind.schema, schema]} if alone else schema)


def mapping_of(kind: Kind, keys: str | None = None) -> Kind:
    """Values of one kind by name.

    Args:
        kind: The kind.
        keys: A pattern that the names match; None for any name.
    """

    def read(node: Node, name: str, report: Report) -> Any:
        if not isinstance(node.value, dict):
            report(node, f"{name} must be a mapping, not {node.shown()}")
            return {}
        for key in node.value:
            if keys is not None and not re.fullmatch(keys.strip("^$"), key, re.ASCII):
                line, column = node.keys[key]
                report(Node(line, column, key), f"{name}: `{key}` is no name")
        return {key: kind.read(item, f"{name}.{key}", report) for key, item in node.value.items()}

    schema: dict[str, Any] = {"type": "object", "additionalProperties": kind.schema}
    if keys is not None:
        schema["propertyNames"] = {"pattern": keys}
    return Kind(read, schema)


def either(*kinds: tuple[type | tuple[type, ...], Kind], words: str) -> Kind:
    """One of several kinds, told apart by the type of what is written."""

    def read(node: Node, name: str, report: Report) -> Any:
        for types, kind in kinds:
            if isinstance(node.value, types) and not (
                isinstance(node.value, bool)
                and bool not in (types if isinstance(types, tuple) else (types,))
            ):
                return kind.read(node, name, report)
        report(node, f"{name} must be {words}, not {node.shown()}")
        return None

    return Kind(read, {"anyOf": [kind.schema for _, kind in kinds]})


def _option(name: str, schema: dict[str, Any], convert: Callable[[Any], Any] | None = None) -> Kind:
    """A field of `ExecutionOptions`, which checks it itself and has the sentence."""

    def read(node: Node, _: str, report: Report) -> Any:
        try:
            value = node.value if convert is None else convert(node.value)
            is_flag = isinstance(value, bool) and schema.get("type") != "boolean"
            if is_flag or isinstance(value, dict | list):
                value = node.shown()  # which no option takes
            ExecutionOptions(**{name: value})
        except InvalidOptions as error:
            text = str(error)
            told = (
                text.partition(", not ")[0] + f", not {node.shown()}" if ", not " in text else text
            )
            report(node, told)
            return None
        return value

    return Kind(read, schema)


def _seconds(value: Any) -> Any:
    return math.inf if isinstance(value, str) and value.lower() in ("inf", "none") else value


def _bytes(value: Any) -> Any:
    return parse_size(value) if isinstance(value, str) else _whole(value)


def _whole(value: Any) -> Any:
    """A number that is whole, however it is written; nothing else is changed, null neither."""
    if value is None:
        return ""  # which no option takes
    return int(value) if isinstance(value, float) and value.is_integer() else value


_WHOLE = {"type": "integer", "minimum": 1}
_LIMITED = {"type": "number", "exclusiveMinimum": 0, "maximum": 2_000_000}

OPTIONS: dict[str, tuple[Kind, str]] = {
    "timeout": (
        _option(
            "timeout",
            {
                "anyOf": [
                    {"type": "number", "exclusiveMinimum": 0},
                    {"type": "string", "pattern": "^([Ii][Nn][Ff]|[Nn][Oo][Nn][Ee])$"},
                ]
            },
            _seconds,
        ),
        "seconds until it is ended; inf for no limit",
    ),
    "startup_timeout": (_option("startup_timeout", _LIMITED), "seconds until its worker is ready"),
    "grace": (
        _option("grace", {"type": "number", "minimum": 0, "maximum": 60}),
        "seconds to end by itself before it is killed",
    ),
    "memory": (
        _option("memory", {"anyOf": [_WHOLE, {"type": "string", "pattern": _SIZE}]}, _bytes),
        "what all its processes may have resident, for example 512M",
    ),
    "cpu_time": (_option("cpu_time", _LIMITED, _whole), "seconds of processor time"),
    "processes": (_option("processes", _WHOLE, _whole), "how many processes it may have at once"),
    "cpus": (_option("cpus", _WHOLE, _whole), "how many cores it may use"),
    "network": (_option("network", {"type": "boolean"}), "whether it may use the network"),
    "sandbox": (
        _option("sandbox", {"type": "boolean"}),
        "let it change its own folder only; no network, nothing believed",
    ),
    "seal": (_option("seal", {"type": "boolean"}), "hold its processes by the strongest means"),
    "converter": (
        _option("converter", {"enum": list(CONVERTERS)}),
        "what its value is turned into",
    ),
    "directory": (PATH, "its current directory, relative to the pipeline's file"),
    "interpreter": (PATH, "the runtime's executable"),
    "kept_output": (
        _option("kept_output", {"type": "integer", "minimum": 0}, _whole),
        "characters that are kept of what it prints",
    ),
    "standbys": (
        _option("standbys", {"type": "integer", "minimum": 0, "maximum": 16}, _whole),
        "how many workers like its own are kept ready",
    ),
}
"""The fields of `ExecutionOptions` that a file may set, and what each is."""
