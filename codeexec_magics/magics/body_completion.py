"""Complete in the body of a ``%%transform`` cell, in the language that its line names.

Runs in the kernel, while the user types. It evaluates nothing: inputs are variables that are there.
What is not known at once is not offered.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from typing import Any

from IPython.core.error import UsageError

from codeexec_magics import languages
from codeexec_magics.errors import CodeExecError
from codeexec_magics.magics.parsing import parse
from codeexec_magics.values.options import Program

_LONGEST = 0.15
"""Seconds that a user waits who types."""
_MOST = 500
_LINE = re.compile(r"\s*%%transform(?:[ \t]+([^\n]*))?\n")
_FRAGMENT = re.compile(r"[\w$]*$")
_OF_OBJECT = re.compile(r"[\w$)\]}'\"`]\s*\??\.\s*[\w$]*$")
_PLAIN = re.compile(r"[^\W\d][\w$]*")
_PATH = re.compile(r"(?P<name>[\w$]+)(?P<rest>(?:\.[\w$]+|\[[^\[\]]*\])*)\s*\??\.\s*[\w$]*$")
_ROW = re.compile(r"\[[^\[\]]*\]")
_SCRIPTS = ("javascript", "typescript")
_LIBRARIES = ("pandas", "polars", "pyarrow")

Found = tuple[str, list[tuple[str, str]]]
"""The fragment that the cursor is in, and what may take its place, each with its kind."""


def complete_body(
    cell: str, cursor: int, namespace: Mapping[str, Any], *, may_start: bool = True
) -> Found:
    """What may stand at the cursor, below the first line of a cell.

    Args:
        cell: All of it.
        cursor: The place in it.
        namespace: The notebook's variables.
        may_start: Whether a process may be started that stays for the next time.
    """
    line = _LINE.match(cell)
    if line is None or cursor < line.end():
        return "", []
    try:
        arguments = parse(line[1] or "")
        language = languages.find(arguments.language or arguments.word or "python")
    except (UsageError, CodeExecError):
        return "", []
    unknown = object()
    inputs = {entry.name: namespace.get(entry.expression, unknown) for entry in arguments.inputs}
    body, place = cell[line.end() :], cursor - line.end()
    if language.name == "sql":
        fragment, found = _in_sql(body, place, inputs)
    elif language.name in _SCRIPTS:
        fragment, found = _in_script(body, place, inputs, may_start)
    else:
        fragment, found = "", []
    return fragment, found[:_MOST]


def _in_script(body: str, place: int, inputs: Mapping[str, Any], may_start: bool) -> Found:
    """In JavaScript and TypeScript: what the compiler says, else columns and inputs."""
    before = body[:place]
    found = _FRAGMENT.search(before)
    fragment = found[0] if found else ""
    begun = fragment.lower()
    if not _OF_OBJECT.search(before):
        names = ["inputs", *inputs] if fragment else []
        return fragment, [(name, "variable") for name in names if name.lower().startswith(begun)]
    from codeexec_magics.engine import checking  # late: it may be that nobody ever asks
    from codeexec_magics.engine.transform import shared_executor

    until = time.monotonic() + _LONGEST
    client, program = shared_executor().client, Program(body, "typescript")
    offered = checking.complete(client, program, inputs, place, until, may_start=may_start)
    offered = offered or [
        (name, "property") for name in _fields(before, inputs) if _PLAIN.fullmatch(name)
    ]
    return fragment, [(text, kind) for text, kind in offered if text.lower().startswith(begun)]


def _fields(before: str, inputs: Mapping[str, Any]) -> Sequence[str]:
    """The fields of what stands before the last dot, as far as its name tells."""
    found = _PATH.search(before)
    name, rest = (found["name"], found["rest"]) if found else ("", "")
    if name == "inputs":
        if not rest:
            return list(inputs)
        name, _, rest = rest[1:].partition(".")
        name, at, row = name.partition("[")
        rest = (at + row) or (rest and f".{rest}")
    if name in inputs:
        is_known = rest == ".columns" or _ROW.fullmatch(rest)
    else:
        name, is_known = _frame_of(name, before), not rest
    return (_columns(inputs.get(name)) or ()) if is_known else ()


def _frame_of(row: str, before: str) -> str:
    """The name of the frame over whose rows a name goes, by where it was given last."""
    bound = re.compile(
        rf"(?P<called>[\w$]+)\s*\.\s*[\w$]+\(\s*(?:async\s*)?\(?\s*{re.escape(row)}\b"
        rf"|\b{re.escape(row)}\s+of\s+(?:inputs\.)?(?P<over>[\w$]+)"
    )
    matches = list(bound.finditer(before))
    return (matches[-1]["called"] or matches[-1]["over"]) if matches else ""


def _in_sql(body: str, place: int, inputs: Mapping[str, Any]) -> Found:
    from codeexec_magics.languages.sql.completing import complete

    columns = {name: _columns(value) for name, value in inputs.items()}
    tables = {name: listed for name, listed in columns.items() if listed is not None}
    return complete(body[:place], body[place:], tables, columns.keys() - tables.keys())


def _columns(value: Any) -> Sequence[str] | None:
    """The names of a frame's columns, its index's names included; None for anything else."""
    if type(value).__module__.partition(".")[0] not in _LIBRARIES or not hasattr(value, "columns"):
        return None
    levels = getattr(getattr(value, "index", None), "names", None) or ()
    names = getattr(value, "column_names", None) or value.columns
    return [str(name) for name in (*levels, *names) if name is not None]
