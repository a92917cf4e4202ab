"""A configuration's text, as nodes: YAML 1.2 with its core schema, and JSON.

Runs in the process that loads a pipeline. The only module that imports PyYAML, whose own types are
not used: by default it makes `False` of `no` and 90 of `1:30`. Nothing of the text is executed, and
what is too large, too deep, or tagged is refused before anything is made of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from json import JSONDecodeError
from typing import Any

from codeexec_magics.errors import PipelineError
from codeexec_magics.pipelines.json_reading import read_json
from codeexec_magics.pipelines.nodes import DEEPEST, LARGEST, MOST, Node, Problem

_INTEGER = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NAMED = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **{
        sign + dot: float(sign + "inf")
        for sign in ("", "+", "-")
        for dot in (".inf", ".Inf", ".INF")
    },
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}
_SURROGATE = re.compile("[\ud800-\udfff]")
_CORE = "tag:yaml.org,2002:"
_KINDS = {
    "null": type(None),
    "bool": bool,
    "int": int,
    "float": float,
    "str": str,
}
_ADVICE = 'a YAML file needs PyYAML: pip install "codeexec_magics[pipelines]"; JSON works without'


def read(text: str, file: str) -> Node:
    """The nodes of a configuration.

    Args:
        text: The configuration.
        file: Its file's name, for people.

    Raises:
        PipelineError: It cannot be read; names the place.
    """
    try:
        return _checked(_read(text))
    except _Unreadable as error:
        raise PipelineError([Problem(file, *error.args)]) from None


def scalar(text: str) -> Any:
    """The value of a plain scalar by the core schema of YAML 1.2.

    Raises:
        ValueError: It is a number with more digits than Python reads.
    """
    if text in _NAMED:
        return _NAMED[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _BASED.fullmatch(text):
        return int(text[2:], 8 if text[1] == "o" else 16)
    return float(text) if _FLOAT.fullmatch(text) else text


class _Unreadable(Exception):
    """A line, a column, and what is wrong there."""


def _read(text: str) -> Node:
    if len(text.encode("utf-8", "surrogatepass")) > LARGEST:
        raise _Unreadable(1, 1, f"a pipeline has {LARGEST:,} bytes at most")
    if not text.lstrip("\ufeff \t\r\n").startswith("{"):
        return _read_yaml(text)
    try:
        return read_json(text)
    except JSONDecodeError as error:
        if _has_yaml():
            return _read_yaml(text)
        told = f"this is no JSON: {error.msg}; {_ADVICE}"
        raise _Unreadable(error.lineno, error.colno, told) from None


def _checked(node: Node) -> Node:
    if not isinstance(node.value, dict):
        what = "an empty file" if node.is_empty else node.shown()
        raise _Unreadable(
            node.line, node.column, f"a pipeline is a mapping with `steps`, not {what}"
        )
    return node


def _has_yaml() -> bool:
    try:
        import yaml  # noqa: F401
    except ImportError:
        return False
    return True


def _read_yaml(text: str) -> Node:
    try:
        import yaml
    except ImportError:
        raise _Unreadable(1, 1, _ADVICE) from None
    strange = _SURROGATE.search(text)
    if strange is not None:
        before = text[: strange.start()]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        raise _Unreadable(line, column, f"this is no YAML: {strange[0]!r} is half of a character")
    # The same events, some ten times as fast, where PyYAML came with its C library.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _Composer(yaml, yaml.parse(text, Loader=loader)).compose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line, mark.column) if mark else (0, 0)
        said = ", ".join(part for part in (error.context, error.problem) if part)
        hint = _hint(text, line, column)
        raise _Unreadable(line + 1, column + 1, f"this is no YAML: {said}{hint}") from None
    except yaml.YAMLError as error:
        before = text[: getattr(error, "position", 0) or 0]
        line = before.count("\n") + 1
        reason = getattr(error, "reason", None) or str(error)
        column = len(before) - before.rfind("\n")
        raise _Unreadable(line, column, f"this is no YAML: {reason}") from None


def _hint(text: str, line: int, column: int) -> str:
    """What to type instead, for the two mistakes that are made most."""
    lines = text.splitlines()
    found = lines[line] if line < len(lines) else ""
    if "\t" in found[: column + 1]:
        return "; indent with blanks, not with tabs"
    if "${" in found and "{" in found.partition("${")[0]:
        return '; within { } write "${NAME}" in quotes'
    return ""


class _Composer:
    """Makes nodes of the parser's events; knows all limits.

    Args:
        yaml: The module.
        events: What the parser finds.
    """

    def __init__(self, yaml: Any, events: Iterator[Any]) -> None:
        self._yaml = yaml
        self._events = events
        self._anchors: dict[str, Node] = {}

    def compose(self) -> Node:
        """The only document's node."""
        root = Node(1, 1, None)
        documents = 0
        for event in self._events:
            if isinstance(event, self._yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise _wrong(event, "a file holds one pipeline, and here a second one begins")
            elif isinstance(event, self._yaml.NodeEvent):
                root = self._node(event, 1)
        return root

    def _node(self, event: Any, depth: int) -> Node:
        if isinstance(event, self._yaml.AliasEvent):
            if event.anchor not in self._anchors:
                raise _wrong(event, f"the alias `*{event.anchor}` has no anchor above it")
            return self._anchors[event.anchor]
        if depth > DEEPEST:
            raise _wrong(event, f"a pipeline is nested {DEEPEST} levels deep at most")
        if isinstance(event, self._yaml.ScalarEvent):
            node = self._scalar(event)
        elif isinstance(event, self._yaml.SequenceStartEvent):
            _check_tag(event, "seq")
            node = self._list(event, depth)
        else:
            _check_tag(event, "map")
            node = self._mapping(event, depth)
        if node.size > MOST:
            raise _wrong(event, f"a pipeline has {MOST:,} values at most, aliases written out")
        if event.anchor:
            self._anchors[event.anchor] = node
        return node

    def _scalar(self, event: Any) -> Node:
        mark, style = event.start_mark, event.style or ""
        tag = (event.tag or "").removeprefix(_CORE)
        try:
            plain = (not event.tag and not style) or tag in _KINDS
            value = scalar(event.value) if plain and tag != "str" else event.value
        except ValueError:
            raise _wrong(event, "this number has more digits than can be read") from None
        if event.tag and event.tag != "!" and not isinstance(value, _KINDS.get(tag, ())):
            raise _wrong(event, _refused(event.tag))
        return Node(mark.line + 1, mark.column + 1, value, event.value, style)

    def _list(self, event: Any, depth: int) -> Node:
        found: list[Node] = []
        for inner in self._events:
            if isinstance(inner, self._yaml.SequenceEndEvent):
                break
            found.append(self._node(inner, depth + 1))
        size = 1 + sum(node.size for node in found)
        return Node(event.start_mark.line + 1, event.start_mark.column + 1, found, size=size)

    def _mapping(self, event: Any, depth: int) -> Node:
        found: dict[str, Node] = {}
        keys: dict[str, tuple[int, int]] = {}
        for inner in self._events:
            if isinstance(inner, self._yaml.MappingEndEvent):
                break
            key = self._node(inner, depth + 1)
            if isinstance(key.value, dict | list):
                raise _wrong(inner, "a key must be a word")
            if key.text in found:
                raise _wrong(
                    inner, f"`{key.text}` is given twice, first in line {keys[key.text][0]}"
                )
            keys[key.text] = inner.start_mark.line + 1, inner.start_mark.column + 1
            found[key.text] = self._node(next(self._events), depth + 1)
        size = 1 + sum(node.size for node in found.values())
        mark = event.start_mark
        return Node(mark.line + 1, mark.column + 1, found, keys=keys, size=size)


def _check_tag(event: Any, kind: str) -> None:
    if event.tag and event.tag not in ("!", _CORE + kind):
        raise _wrong(event, _refused(event.tag))


def _refused(tag: str) -> str:
    return f"the tag `{tag.replace(_CORE, '!!')}` is refused: a pipeline holds plain values only"


def _wrong(event: Any, text: str) -> _Unreadable:
    return _Unreadable(event.start_mark.line + 1, event.start_mark.column + 1, text)
