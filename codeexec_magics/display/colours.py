"""Tell keywords, strings, numbers, names of definitions and comments in a piece of code.

Lives wherever a result is shown and owns nothing. Pygments is imported at the first failure that
is shown, and where it is missing code is plain.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

KINDS = {
    "k": ("Token.Keyword", "Token.Operator.Word"),
    "s": ("Token.Literal.String",),
    "n": ("Token.Literal.Number",),
    "f": ("Token.Name.Function", "Token.Name.Class"),
    "c": ("Token.Comment",),
}
"""The one-letter kind of a segment, and the token types that it stands for."""

_LONGEST = 4_000


def kinds_of(lines: Sequence[str], language: str) -> list[list[str]]:
    """For each character of each line its kind: a key of `KINDS`, or empty.

    Long texts stay plain: nobody reads them, and a lexer may be slow on them.
    """
    kinds = [[""] * len(line) for line in lines]
    lexer = _lexer(language) if sum(map(len, lines)) <= _LONGEST else None
    if lexer is None:
        return kinds

    row = column = 0
    for _, token, text in lexer.get_tokens_unprocessed("\n".join(lines)):
        kind = _kind(token)
        first, *others = text.split("\n")
        if kind:
            kinds[row][column : column + len(first)] = kind * len(first)
        column += len(first)
        for part in others:
            row, column = row + 1, len(part)
            if kind:
                kinds[row][:column] = kind * column
    return kinds


@functools.cache
def _kind(token: object) -> str:
    name = str(token)
    for kind, names in KINDS.items():
        if name.startswith(names):
            return kind
    return ""


def is_known(language: str) -> bool:
    """Whether there is a lexer of this name."""
    return _lexer(language) is not None


@functools.cache
def _lexer(language: str) -> Any:
    """The lexer of a language, by any name that Pygments knows it by; None if it knows none."""
    try:
        from pygments.lexers import get_lexer_by_name
        from pygments.util import ClassNotFound
    except ImportError:
        return None
    try:
        return get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None
