"""Say what the parameters of a program's function are, where the program does not.

Pure; used in the kernel, for the text that is checked only. The function gets the inputs in one of
some ways (`calling.js`), and its parameters have their types from there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator

_INPUTS = "Inputs"
_ANYTHING = "any"
_HEADS = (
    r"\bfunction\s+{name}\s*(?:<[^<>()]*>)?\s*\(",
    r"\bexport\s+default\s+(?:async\s+)?function\b[^(){{}};]*\(",
    r"\b{name}\s*=\s*(?:async\s+)?function\b[^(){{}};]*\(",
    r"\b{name}\s*=\s*(?:async\s+)?(?:<[^<>()]*>)?\s*\((?=[^;]*?\)\s*(?::[^;]*?)?=>)",
)
_BARE = r"\b{name}\s*=\s*(?:async\s+)?([A-Za-z_$][\w$]*)(?=\s*=>)"
_TOKEN = re.compile(
    r"//[^\n]*|/\*.*?\*/|'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"|`(?:\\.|[^`\\])*`|=>|.",
    re.DOTALL,
)
_OPENING, _CLOSING = "([{", ")]}"
_NAME = re.compile(r"[A-Za-z_$][\w$]*")


class Annotated:
    """A text with types put in.

    Args:
        source: The text as it was written.
        insertions: Places in it, in order, and what is put there.

    Attributes:
        text: The text with them.
    """

    def __init__(self, source: str, insertions: list[tuple[int, str]]) -> None:
        self._insertions = insertions
        parts, last = [], 0
        for place, inserted in insertions:
            parts += [source[last:place], inserted]
            last = place
        self.text = "".join([*parts, source[last:]])

    def written(self, place: int) -> int:
        """Where a place in the text is in what was written."""
        shift = 0
        for at, inserted in self._insertions:
            if place <= at + shift:
                break
            shift += len(inserted)
            if place < at + shift:
                return at
        return place - shift

    def checked(self, place: int) -> int:
        """Where a place in what was written is in the text."""
        return place + sum(len(inserted) for at, inserted in self._insertions if at < place)


def annotate(source: str, entry: str, inputs: Collection[str], *, mapped: bool) -> Annotated:
    """Give the parameters of a program's function their types.

    Args:
        source: The program.
        entry: The function's name.
        inputs: The inputs' names.
        mapped: Whether it is called for each item of a map.
    """
    name = re.escape(entry)
    for head in _HEADS:
        found = re.search(head.format(name=name), source)
        if found is not None:
            parameters = list(_parameters(source, found.end()))
            return Annotated(source, _insertions(parameters, inputs, mapped))
    bare = re.search(_BARE.format(name=name), source)
    if bare is None:
        return Annotated(source, [])
    type_ = _types([bare[1]], inputs, mapped)[0]
    return Annotated(source, [(bare.start(1), "("), (bare.end(1), f": {type_})")])


def _insertions(
    parameters: list[tuple[int, str, bool]], inputs: Collection[str], mapped: bool
) -> list[tuple[int, str]]:
    types = _types([name for _, name, _ in parameters], inputs, mapped)
    return [
        (end, f": {type_}")
        for (end, _, typed), type_ in zip(parameters, types, strict=True)
        if not typed
    ]


def _types(names: list[str], inputs: Collection[str], mapped: bool) -> list[str]:
    """The types of parameters; the name of one that is taken apart is ''."""
    by_name = any(name in inputs for name in names)
    if not mapped and (not by_name or names[0] in ("inputs", "")):
        return [_INPUTS, *[_ANYTHING] * (len(names) - 1)]
    if mapped and not by_name:
        return [_INPUTS if at == 1 else _ANYTHING for at in range(len(names))]
    types = {"inputs": _INPUTS, **{name: f"Inputs[{json.dumps(name)}]" for name in inputs}}
    return [types.get(name, _ANYTHING) for name in names]


def _parameters(source: str, start: int) -> Iterator[tuple[int, str, bool]]:
    """Where each parameter ends, its name, and whether it says what it is, or has a default."""
    depth, end, name, typed = 0, start, "", False
    first = True
    for token in _TOKEN.finditer(source, start):
        text = token[0]
        if depth == 0 and text in (",", ")"):
            if not first:
                yield end, name, typed
            if text == ")":
                return
            name, typed, first = "", False, True
            continue
        if text.isspace() or text.startswith(("//", "/*")):
            continue
        if first:
            word = _NAME.match(source, token.start())
            name, typed, first = word[0] if word else "", text == ".", False
        if depth == 0 and text in (":", "="):
            typed = True
        depth += (text in _OPENING) - (text in _CLOSING)
        end = token.end()
