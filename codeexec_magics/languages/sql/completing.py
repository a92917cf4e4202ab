"""What may stand at the end of a beginning of SQL: tables, their columns, parameters, and words.

Pure; used in the kernel, while the user types.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

_WORDS = (
    *("all", "and", "any_value", "as", "asc", "avg", "between", "by", "case", "cast", "count"),
    *("create", "cross", "current_date", "date_trunc", "delete", "desc", "describe", "distinct"),
    *("else", "end", "except", "exists", "exclude", "explain", "extract", "false", "filter"),
    *("from", "full", "group", "having", "in", "inner", "insert", "intersect", "interval", "into"),
    *("is", "join", "lateral", "left", "like", "limit", "max", "min", "not", "null", "offset"),
    *("on", "or", "order", "outer", "over", "partition", "pivot", "qualify", "replace", "right"),
    *("select", "set", "sum", "summarize", "table", "temp", "then", "true", "union", "unnest"),
    *("unpivot", "update", "using", "values", "view", "when", "where", "window", "with"),
)
_NAME = r'(?:"(?:[^"]|"")+"|[^\W\d]\w*)'
_MADE = re.compile(
    rf"\bcreate\s+(?:or\s+replace\s+)?(?:temp(?:orary)?\s+)?(?:table|view)\s+"
    rf"(?:if\s+not\s+exists\s+)?(?P<name>{_NAME})\s*(?:\((?P<columns>[^()]*)\))?"
    rf"|(?:\bwith\s+(?:recursive\s+)?|,\s*)(?P<part>{_NAME})\s+as\s*\(",
    re.IGNORECASE,
)
_USED = re.compile(
    rf"(?:\b(?:from|join|update|into)|,)\s+(?P<name>{_NAME})(?:\s+(?:as\s+)?(?P<alias>{_NAME}))?",
    re.IGNORECASE,
)
_FRAGMENT = re.compile(rf"(?:(?P<table>{_NAME})\s*\.\s*)?(?P<text>\$?\w*)$")
_WANTS_TABLE = re.compile(
    r"\b(?:from|join|update|into|table|describe|summarize)\s+$", re.IGNORECASE
)
_NOT_CODE = re.compile(r"'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/", re.DOTALL)
_OPEN = re.compile(r"'|--[^\n]*$|/\*")
_PLAIN = re.compile(r"[^\W\d]\w*")


def complete(
    before: str, after: str, tables: Mapping[str, Sequence[str]], parameters: Iterable[str]
) -> tuple[str, list[tuple[str, str]]]:
    """What may stand at the cursor.

    Args:
        before: The text up to the cursor.
        after: The text behind it, whose tables count, too.
        tables: Columns by table.
        parameters: The names of other inputs.

    Returns:
        The fragment that the cursor is in, and what may take its place, each with its kind.
    """
    code = _NOT_CODE.sub(" ", before)
    if _OPEN.search(code):
        return "", []  # in a text, or in a comment
    found = _FRAGMENT.search(code)
    assert found is not None  # it matches the empty text at the end
    fragment, table = found["text"], found["table"]
    known = {**tables, **_made(code)}
    if fragment.startswith("$"):
        return fragment, _fitting([(f"${name}", "variable") for name in parameters], fragment)
    if table is not None:
        columns = _columns_of(table, f"{code} {after}", known)
        return fragment, _fitting([(_quoted(name), "property") for name in columns], fragment)
    names = [(_quoted(name), "table") for name in known]
    if _WANTS_TABLE.search(code[: found.start("text")]):
        return fragment, _fitting(names, fragment)
    if not fragment:
        return "", []
    every = dict.fromkeys(column for listed in known.values() for column in listed)
    offered = [*((_quoted(name), "property") for name in every), *names]
    words = [(_cased(word, fragment), "keyword") for word in _WORDS]
    return fragment, _fitting([*offered, *words], fragment)


def _made(code: str) -> dict[str, list[str]]:
    """The tables that the cell itself makes, with their columns where it names them."""
    made = {}
    for match in _MADE.finditer(code):
        columns = (part.split() for part in (match["columns"] or "").split(","))
        names = [_bare(words[0]) for words in columns if words]
        made[_bare(match["name"] or match["part"])] = names
    return made


def _columns_of(table: str, code: str, known: Mapping[str, Sequence[str]]) -> Sequence[str]:
    """The columns of a table, or of what bears that name in a query."""
    wanted = _bare(table).lower()
    by_name = {name.lower(): columns for name, columns in known.items()}
    for match in _USED.finditer(code):
        if match["alias"] is not None and _bare(match["alias"]).lower() == wanted:
            return by_name.get(_bare(match["name"]).lower(), ())
    return by_name.get(wanted, ())


def _fitting(offered: list[tuple[str, str]], fragment: str) -> list[tuple[str, str]]:
    begun = fragment.lower()
    fits = [(text, kind) for text, kind in offered if text.strip('"').lower().startswith(begun)]
    return list(dict.fromkeys(fits))


def _bare(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def _quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return name if _PLAIN.fullmatch(name) else f'"{doubled}"'


def _cased(word: str, fragment: str) -> str:
    return word.upper() if fragment.isupper() else word
