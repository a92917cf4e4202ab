"""Colour cells that begin with ``%%transform`` by the language that their line names.

Runs wherever Pygments does: in nbconvert and in Sphinx, which find the lexer by its entry point
under the name ``transform``. In JupyterLab and Notebook the extension beside this file does it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, ClassVar

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import Keyword, Name, Operator, Text, _TokenType
from pygments.util import ClassNotFound

from codeexec_magics import languages
from codeexec_magics.errors import LanguageUnavailable

_LINE = re.compile(r"(\s*)(%%)(transform\b)([^\n]*)(\n?)")
_LANGUAGE = re.compile(
    r"\s+(?:(?:-l|--lang)(?:\s+|=))?([a-z][\w+#]*)|.*?\s(?:-l|--lang)[\s=]+(\S+)"
)
_WORD = re.compile(r"(\s+)|(--?[A-Za-z][\w-]*)|(\S+)")


class TransformLexer(Lexer):  # type: ignore[misc]
    """A notebook's cell: the magic's line as a line of flags, the body in its language.

    A cell that does not begin with ``%%transform`` is one of IPython.
    """

    name = "IPython cell of codeexec_magics"
    aliases: ClassVar[list[str]] = ["transform"]
    url = ""
    version_added = ""

    def get_tokens_unprocessed(self, text: str) -> Iterator[tuple[int, _TokenType, str]]:
        """The tokens of a cell, each with its place; see `pygments.lexer.Lexer`."""
        line = _LINE.match(text)
        if line is None:
            yield from _lexer("ipython3").get_tokens_unprocessed(text)
            return
        yield line.start(1), Text, line[1]
        yield line.start(2), Operator, line[2]
        yield line.start(3), Keyword, line[3]
        for word in _WORD.finditer(line[4]):
            kind = (Text, Name.Attribute, Name)[word.lastindex - 1] if word.lastindex else Text
            yield line.start(4) + word.start(), kind, word[0]
        yield line.start(5), Text, line[5]

        body = _lexer(language_of(line[4])).get_tokens_unprocessed(text[line.end() :])
        for place, kind, part in body:
            yield line.end() + place, kind, part


def language_of(line: str) -> str:
    """The name of the language that a magic's line names; Python where it names none.

    Args:
        line: What stands behind ``%%transform``.
    """
    named = _LANGUAGE.match(line)
    word = (named[1] or named[2]) if named else "python"
    try:
        return languages.find(word).name
    except LanguageUnavailable:
        return word


def _lexer(name: str) -> Any:
    try:
        return get_lexer_by_name(name, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return get_lexer_by_name("text", stripnl=False, ensurenl=False)
