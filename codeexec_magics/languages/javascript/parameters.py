"""The parameters of a JavaScript function, as far as its text tells them without a parser.

Lives in the kernel; pure functions of text. Nothing of a program is run.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

_HEAD = r"(?m)^[ \t]*(?:export\s+(?:default\s+)?)?(?:async\s+)?function\s*{0}\s*(?:<[^()]*>)?\s*\("
_ASSIGNED = (
    r"(?m)^[ \t]*(?:export\s+)?(?:const|let|var)\s+{0}\s*=\s*(?:async\b\s*)?"
    r"(?:function\b\s*\w*\s*)?\("
)
_NAME = re.compile(r"\s*([^\W\d]\w*)\s*(\??)")
_OPENING, _CLOSING = "([{", ")]}"
_QUOTES = "\"'`"
_ALL = "inputs"


def signature(source: str, entry: str) -> inspect.Signature | None:
    """The signature of the function of a name; None if there is none, or it takes all inputs.

    A parameter that has a default, or need not be there, has ``...`` for it; so has a single one,
    which takes all inputs where none bears its name. Others are variables of the program.
    """
    for head in (_HEAD, _ASSIGNED):
        found = re.search(head.format(re.escape(entry)), source)
        if found is not None:
            text = _bracketed(source, found.end() - 1)
            return None if text is None else _signature(list(_parts(text)))
    return None


def _signature(parts: list[str]) -> inspect.Signature | None:
    """The signature of the parameters of a list; None where one of them has no name."""
    is_taken_apart = len(parts) == 1 and parts[0].lstrip().startswith("{")
    if is_taken_apart:
        inner = _bracketed(parts[0], parts[0].index("{"))
        parts = [] if inner is None else [_key(part) for part in _parts(inner)]
    parameters: list[inspect.Parameter] = []
    for part in parts:
        name = _NAME.match(part)
        if part.lstrip().startswith("...") and parameters:
            continue
        if name is None or name[1] == _ALL or name[1] in [one.name for one in parameters]:
            return None
        is_optional = bool(name[2]) or re.search(r"(?<![=!<>])=(?![=>])", part) is not None
        is_optional |= bool(parameters) and parameters[-1].default is ...
        default = ... if is_optional else inspect.Parameter.empty
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        parameters.append(inspect.Parameter(name[1], kind, default=default))
    if not parameters:
        return None
    if len(parts) == 1 and not is_taken_apart:
        parameters[0] = parameters[0].replace(default=...)
    others = inspect.Parameter(_ALL, inspect.Parameter.VAR_KEYWORD)
    return inspect.Signature([*parameters, others])


def _key(part: str) -> str:
    """A property that is taken out under another name, without that name."""
    return re.sub(r"^(\s*\w+)\s*:[^=]*", r"\1", part)


def _bracketed(text: str, start: int) -> str | None:
    """What stands between the bracket at a place and its counterpart."""
    for at, depth in _depths(text, start):
        if depth == 0:
            return text[start + 1 : at]
    return None


def _parts(text: str) -> Iterator[str]:
    """What stands between the commas of a list."""
    begin = 0
    for at, depth in _depths(text, 0):
        if depth == 0 and text[at] == ",":
            yield text[begin:at]
            begin = at + 1
    if text[begin:].strip():
        yield text[begin:]


def _depths(text: str, start: int) -> Iterator[tuple[int, int]]:
    """Each place outside of text in quotes, and how many brackets are open behind it."""
    depth, quote = 0, ""
    for at in range(start, len(text)):
        character = text[at]
        if quote:
            quote = "" if character == quote and text[at - 1] != "\\" else quote
            continue
        if character in _QUOTES:
            quote = character
        depth += (character in _OPENING) - (character in _CLOSING)
        yield at, depth
