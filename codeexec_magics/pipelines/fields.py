"""Every key that a pipeline's file may have: one table, for the checker, the schema and the docs.

Runs in the process that loads a pipeline; plain data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from codeexec_magics.pipelines.kinds import (
    ANYTHING,
    CODE,
    FLAG,
    IDENTIFIER,
    NAME,
    OPTIONS,
    PATH,
    REFERENCE_TEXT,
    TEXT,
    VARIABLE,
    Kind,
    choice,
    count,
    either,
    list_of,
    mapping_of,
    number,
)
from codeexec_magics.pipelines.nodes import Node, Report, nearest


@dataclass(frozen=True, slots=True)
class Field:
    """One key.

    Attributes:
        name: Its own name.
        kind: What its value is.
        sentence: What it is for.
        aliases: Other spellings, of the format that came before.
        needed: Whether it must be there.
    """

    name: str
    kind: Kind
    sentence: str
    aliases: tuple[str, ...] = ()
    needed: bool = False


def table(fields: tuple[Field, ...], what: str) -> Kind:
    """A mapping with these keys and no others."""

    def read(node: Node, name: str, report: Report) -> dict[str, Any]:
        if not isinstance(node.value, dict):
            report(node, f"{name or what} must be a mapping, not {node.shown()}")
            return {}
        return read_table(node, fields, what, report)

    return Kind(read, schema_of(fields))


def read_table(node: Node, fields: tuple[Field, ...], what: str, report: Report) -> dict[str, Any]:
    """The values of a mapping, by the keys' own names; tells what is wrong with it.

    Args:
        node: The mapping.
        fields: The keys that there are.
        what: What the mapping is, for sentences.
        report: Takes the problems.
    """
    known = {spelling: field for field in fields for spelling in (field.name, *field.aliases)}
    values: dict[str, Any] = {}
    spelled: dict[str, str] = {}
    for key, inner in node.value.items():
        place = Node(*node.keys[key], key)
        field = known.get(key)
        if field is None:
            report(place, f"{what} has no `{key}`{nearest(key, known)}")
        elif field.name in spelled:
            report(place, f"`{spelled[field.name]}` and `{key}` mean the same: leave one out")
        else:
            spelled[field.name] = key
            values[field.name] = field.kind.read(inner, key, report)
    for field in fields:
        if field.needed and field.name not in values:
            report(node, f"{what} needs `{field.name}`")
    return values


def node_of(node: Node, field: str) -> Node:
    """The node of a field's value, however the field is spelled; the mapping's own if none."""
    for spelling in (field, *_ALIASES.get(field, ())):
        if isinstance(node.value, dict) and spelling in node.value:
            found: Node = node.value[spelling]
            return found
    return node


def schema_of(fields: tuple[Field, ...]) -> dict[str, Any]:
    """The JSON Schema of a mapping with these keys and no others."""
    properties = {}
    for field in fields:
        for spelling in (field.name, *field.aliases):
            properties[spelling] = {**field.kind.schema, "description": field.sentence}
    schema: dict[str, Any] = {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }
    rules: list[dict[str, Any]] = []
    for field in fields:
        spellings = (field.name, *field.aliases)
        if field.needed:
            rules.append({"anyOf": [{"required": [spelling]} for spelling in spellings]})
        if field.aliases:
            rules.append({"not": {"required": list(spellings)}})
    return {**schema, "allOf": rules} if rules else schema


RETRIES = (
    Field("times", count(0, 100), "how often it is tried again", needed=True),
    Field("wait", number(0, 86_400), "seconds before the next try"),
    Field("factor", number(1, 100), "what the wait is multiplied by each time"),
    Field(
        "on",
        list_of(choice("failed", "timed_out", "crashed", "memory"), alone=True),
        "the endings that are worth another try",
    ),
)
_RETRIES = either(
    (int, count(0, 100)),
    (float, count(0, 100)),
    (dict, table(RETRIES, "retries")),
    words="a number of times, or a mapping with `times`",
)
_OPTIONS = tuple(Field(name, kind, sentence) for name, (kind, sentence) in OPTIONS.items())
_ENVIRONMENT = Field(
    "env",
    mapping_of(VARIABLE, r"^[^=\u0000]+$"),
    "environment variables; ${NAME} is filled in at the start",
    ("env_vars",),
)

DEFAULTS = (*_OPTIONS, _ENVIRONMENT, Field("retries", _RETRIES, "what is tried again"))
"""What holds for all steps that do not say otherwise."""

STEP = (
    Field("id", IDENTIFIER, "its name, by which other steps take its value", needed=True),
    Field("type", choice("code", "code_node"), "what it is; there is one type"),
    Field("description", TEXT, "for people"),
    Field("language", TEXT, "a language's name; else the file's suffix tells, else it is Python"),
    Field("code", CODE, "its source"),
    Field("file", PATH, "the file with its source, relative to the pipeline's", ("code_file",)),
    Field(
        "inputs",
        either(
            (list, list_of(REFERENCE_TEXT)),
            (dict, mapping_of(REFERENCE_TEXT)),
            words="a list of names, or a mapping of its names to sources",
        ),
        "what it is given; Python's parameters tell, if it is left out",
        ("input_mapping",),
    ),
    Field("output", IDENTIFIER, "another name for its value", ("output_key",)),
    Field("depends_on", list_of(IDENTIFIER, alone=True), "steps that must have ended well before"),
    Field("concurrent_group", ANYTHING, "ignored: whatever can run at once does"),
    Field("map", REFERENCE_TEXT, "call it once for each item of this"),
    Field("workers", count(1, 64), "map: how many processes at once"),
    Field("batch", count(1, 65_536), "map: how many items are handed over at once"),
    Field(
        "on_item_error",
        choice("stop", "go-on", "go on", "collect"),
        "map: what an item that fails leads to",
    ),
    Field("when", REFERENCE_TEXT, "run it only if this is true"),
    Field("retries", _RETRIES, "what is tried again"),
    Field("required", FLAG, "whether its failure fails the pipeline; true unless said"),
    Field("default", ANYTHING, "the value that it has if it fails or is skipped"),
    Field("cache", FLAG, "keep its value for other runs"),
    _ENVIRONMENT,
    *_OPTIONS,
)
"""The keys of a step."""

INPUT = (
    Field("name", IDENTIFIER, "what it is called", needed=True),
    Field("description", TEXT, "for people", ("desc",)),
    Field("required", FLAG, "whether it must be given; true unless said, or there is a default"),
    Field("default", ANYTHING, "its value where it is not given"),
)
"""The keys of an input in a list of them."""

OUTPUT = (
    Field("key", REFERENCE_TEXT, "where it comes from", needed=True),
    Field("label", TEXT, "what it is called"),
)
"""The keys of an output in a list of them."""

_INPUTS = either(
    (dict, mapping_of(ANYTHING, NAME)),
    (list, list_of(either((str, IDENTIFIER), (dict, table(INPUT, "an input")), words="a name"))),
    words="a mapping of names to defaults, or a list of names",
)
_OUTPUTS = either(
    (dict, mapping_of(REFERENCE_TEXT)),
    (
        list,
        list_of(either((str, REFERENCE_TEXT), (dict, table(OUTPUT, "an output")), words="a name")),
    ),
    words="a list of names, or a mapping of names to sources",
)

PIPELINE = (
    Field("name", TEXT, "what it is called; else its file's name"),
    Field("id", TEXT, "ignored"),
    Field("description", TEXT, "for people"),
    Field("inputs", _INPUTS, "what it is given: a name, or a name and its default"),
    Field("defaults", table(DEFAULTS, "defaults"), "what holds for all steps"),
    Field("steps", list_of(table(STEP, "a step")), "its steps, in any order", needed=True),
    Field("outputs", _OUTPUTS, "what comes out; else the values that no step takes"),
    Field("max_workers", count(1, 64), "how many steps run at once"),
)
"""The keys of a pipeline."""

_ALIASES: Mapping[str, tuple[str, ...]] = {
    field.name: field.aliases for fields in (PIPELINE, STEP, INPUT) for field in fields
}
