"""JSON as nodes, each with its place; needs the standard library only.

Runs in the process that loads a pipeline.
"""

from __future__ import annotations

import re
from json import JSONDecodeError
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any

from codeexec_magics.pipelines.nodes import DEEPEST, Node

_BLANKS = re.compile(r"[ \t\r\n]*")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?", re.ASCII)
_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None}


def read_json(text: str) -> Node:
    """The nodes of a JSON text.

    Raises:
        JSONDecodeError: It is none; ``lineno`` and ``colno`` say where.
    """
    return _Reader(text.removeprefix("\ufeff")).whole()


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = [0, *(found.end() for found in re.finditer(r"\n", text))]
        self._line = 0

    def whole(self) -> Node:
        node, end = self._value(self._skip(0), 1)
        if end != len(self._text):
            raise JSONDecodeError("there is something behind the end", self._text, end)
        return node

    def _skip(self, at: int) -> int:
        found = _BLANKS.match(self._text, at)
        assert found is not None
        return found.end()

    def _place(self, at: int) -> tuple[int, int]:
        """Line and column; asked for in the order of the text."""
        while self._line + 1 < len(self._starts) and self._starts[self._line + 1] <= at:
            self._line += 1
        return self._line + 1, at - self._starts[self._line] + 1

    def _value(self, at: int, depth: int) -> tuple[Node, int]:
        """The value that begins here, and where the next thing behind it is."""
        if depth > DEEPEST:
            raise JSONDecodeError(f"it is nested more than {DEEPEST} levels deep", self._text, at)
        sign = self._text[at : at + 1]
        if sign == "{":
            return self._mapping(at, depth)
        if sign == "[":
            return self._list(at, depth)
        place = self._place(at)
        if sign == '"':
            value, end = scanstring(self._text, at + 1, True)
            return Node(*place, value, value, '"'), self._skip(end)
        number = _NUMBER.match(self._text, at)
        word = (
            number[0] if number else next((w for w in _WORDS if self._text.startswith(w, at)), "")
        )
        if not word:
            raise JSONDecodeError("a value is missing", self._text, at)
        return Node(*place, self._scalar(word, at), word), self._skip(at + len(word))

    def _scalar(self, word: str, at: int) -> Any:
        if word in _WORDS:
            return _WORDS[word]
        try:
            return float(word) if set(word) & set(".eE") else int(word)
        except ValueError:
            raise JSONDecodeError("this number has too many digits", self._text, at) from None

    def _list(self, at: int, depth: int) -> tuple[Node, int]:
        found: list[Node] = []
        place, at = self._place(at), self._skip(at + 1)
        while self._text[at : at + 1] != "]":
            if found:
                at = self._skip(self._expect(at, ","))
            node, at = self._value(at, depth + 1)
            found.append(node)
        return Node(*place, found, size=1 + sum(n.size for n in found)), self._skip(at + 1)

    def _mapping(self, at: int, depth: int) -> tuple[Node, int]:
        place, at = self._place(at), self._skip(at + 1)
        found: dict[str, Node] = {}
        keys: dict[str, tuple[int, int]] = {}
        while self._text[at : at + 1] != "}":
            if found:
                at = self._skip(self._expect(at, ","))
            start = at
            name, at = scanstring(self._text, self._expect(at, '"'), True)
            if name in found:
                raise JSONDecodeError(f"`{name}` is given twice", self._text, start)
            keys[name] = self._place(start)
            found[name], at = self._value(self._skip(self._expect(self._skip(at), ":")), depth + 1)
        size = 1 + sum(node.size for node in found.values())
        return Node(*place, found, keys=keys, size=size), self._skip(at + 1)

    def _expect(self, at: int, sign: str) -> int:
        if self._text[at : at + 1] != sign:
            raise JSONDecodeError(f"a `{sign}` is missing", self._text, at)
        return at + 1
