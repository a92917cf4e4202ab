"""What DuckDB says of a failure, as a failure at a place of the cell.

Runs in the child; pure functions of text.
"""

from __future__ import annotations

import json
import re
from typing import Any

_HINTS = (
    (
        re.compile(r"^\s*%"),
        "magics of other extensions do not work here; `-o NAME` keeps the result",
    ),
    (re.compile(r"\{\{"), "write `$name` for an input: -i name"),
    (re.compile(r"(?<![:\w]):[A-Za-z_]"), "write `$name` for an input: -i name"),
    (re.compile(r"<<\s*$", re.MULTILINE), "`-o NAME` on the magic's line keeps the result"),
)
_WORD = re.compile(r"[\w$]+|.", re.DOTALL)


class SqlError(Exception):
    """A failure of a statement, with its place.

    Attributes:
        kind: The name of the exception, as DuckDB calls it.
        span: Where it is, as offsets of characters in the source; None if nobody knows.
        notes: What to do about it.
    """

    def __init__(
        self, kind: str, message: str, span: tuple[int, int] | None, notes: list[str]
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.span = span
        self.notes = notes


def sql_error(error: Exception, source: str, start: int) -> SqlError:
    """What an exception of DuckDB says.

    Args:
        error: The exception.
        source: The whole program.
        start: Where the statement begins that was run, in characters.
    """
    kind, text = type(error).__name__, str(error)
    told = _details(text)
    if told is None:
        return SqlError(kind, _plain(text), _statement(source, start), _advice(text))
    if kind == "ParserException":
        kind = "SyntaxError"  # as in every other language
    message = _sentence(str(told.get("exception_message", text)), told)
    span = _located(told, source) or _named(told, source, start) or _statement(source, start)
    notes = [hint for pattern, hint in _HINTS if kind == "SyntaxError" and pattern.search(source)]
    notes += _advice(text)
    return SqlError(kind, message, span, notes[:1])


def _advice(text: str) -> list[str]:
    """What to do about what is no fault of the words."""
    if "is an existing extension" in text:
        return ["this extension is not part of DuckDB's package; `install …` needs the network"]
    if "base table" in text or "is of type View" in text or "is not an table" in text:
        return ["inputs can be read only; copy one first: `create table own as from df`"]
    if "Could not set lock" in text:
        return ["one process at a time writes to a file of DuckDB: close it there"]
    return []


def _details(text: str) -> dict[str, Any] | None:
    """The object that DuckDB writes as the text of an error (``errors_as_json``)."""
    at = text.find("{")
    try:
        told = json.loads(text[at:]) if at >= 0 else None
    except ValueError:
        return None
    return told if isinstance(told, dict) and "exception_message" in told else None


def _plain(text: str) -> str:
    """A message without DuckDB's name of its kind, which stands before it already."""
    return re.sub(r"^[A-Z][\w ]* Error: ", "", text)


def _sentence(message: str, told: dict[str, Any]) -> str:
    """The message on one line, with the names that were meant, perhaps."""
    first = message.split("\n", 1)[0].rstrip("!")
    candidates = str(told.get("candidates", "")).strip()
    subtype = told.get("error_subtype")
    if candidates and subtype == "COLUMN_NOT_FOUND":
        return f"{first}; candidates: {candidates}"
    if candidates and subtype == "MISSING_ENTRY" and not candidates.startswith("pg_"):
        return f"{first}; did you mean {candidates}?"
    return first if subtype in ("COLUMN_NOT_FOUND", "MISSING_ENTRY") else message


def _located(told: dict[str, Any], source: str) -> tuple[int, int] | None:
    """The place in bytes that DuckDB names, in characters."""
    try:
        offset, length = json.loads(str(told["location"]))
    except (KeyError, ValueError, TypeError):
        return None
    raw = source.encode("utf-8", "surrogatepass")
    if not 0 <= offset <= len(raw):
        return None
    begin = len(raw[:offset].decode("utf-8", "replace"))
    end = begin + len(raw[offset : offset + length].decode("utf-8", "replace"))
    return begin, max(end, begin + 1)


def _named(told: dict[str, Any], source: str, start: int) -> tuple[int, int] | None:
    """The word that the message names, in the statement."""
    name = told.get("name")
    found = re.compile(rf"\b{re.escape(str(name))}\b", re.IGNORECASE).search(source, start)
    return found.span() if name and found else None


def _statement(source: str, start: int) -> tuple[int, int] | None:
    """The first word of a statement."""
    found = re.compile(r"\S+").search(source, start)
    return found.span() if found else None


def place_of(source: str, first_line: int, span: tuple[int, int] | None) -> list[dict[str, Any]]:
    """The frame of a span: lines as the reader counts them."""
    if span is None:
        return []
    frame: dict[str, Any] = {}
    for prefix, at in (("", span[0]), ("end_", span[1])):
        before = source[:at]
        frame[prefix + "line"] = first_line + before.count("\n")
        frame[prefix + "column"] = at - (before.rfind("\n") + 1) + 1
    return [frame]
