"""What an R program's source tells of it: the comment that documents it, and its parameters.

Lives in the kernel; pure functions of text. Nothing of a program is run.
"""

from __future__ import annotations

import inspect
import re

from codeexec_magics.languages.description import Description, describe_by_comment
from codeexec_magics.values.options import Program

_COMMENT = re.compile(r"(?:^[ \t]*#[^\n]*\n)+", re.MULTILINE)
_TOKEN = re.compile(r"#[^\n]*|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|`[^`]*`|.", re.DOTALL)
_OPENING, _CLOSING = "([{", ")]}"


class _Text(str):
    """The text of a default: only R knows its value, and gives it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def describe(program: Program, inputs: tuple[str, ...]) -> Description:
    """Read a program's documentation, and the parameters of its function.

    Args:
        program: The program.
        inputs: The names it is called with.
    """
    text = program.source.replace("\r\n", "\n")
    plain = describe_by_comment(program, "#", inputs)
    name = re.escape(program.entry)
    begin = re.search(rf"^[ \t]*`?{name}`?\s*(?:<-|=)\s*(?:function\s*|\\)\(", text, re.MULTILINE)
    if begin is None:
        return plain
    documentation = plain.documentation
    for comment in _COMMENT.finditer(text):
        if not text[comment.end() : begin.start()].strip():
            lines = re.sub(r"(?m)^[ \t]*#+'?[ \t]?", "", comment[0])
            documentation = inspect.cleandoc(lines).strip() or documentation
    signature = _signature(_parameters(text, begin.end()))
    return Description(signature or plain.signature, documentation)


def _parameters(text: str, start: int) -> list[str]:
    """The parameters of a function, each as it is written."""
    found, depth = [""], 0
    for token in _TOKEN.finditer(text, start):
        word = token[0]
        if word in _CLOSING:
            if not depth:
                return [part.strip() for part in found if part.strip()]
            depth -= 1
        if word == "," and not depth:
            found.append("")
        elif not word.startswith("#"):
            found[-1] += word
        depth += word in _OPENING
    return []


def _signature(parameters: list[str]) -> inspect.Signature | None:
    """The signature; None where Python has none that says the same."""
    made = []
    for written in parameters:
        name, _, default = (part.strip() for part in written.partition("="))
        if name == "...":
            made.append(inspect.Parameter("inputs", inspect.Parameter.VAR_KEYWORD))
            continue
        if not name.isidentifier() or name == "inputs":
            return None
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        value = _Text(default) if default else inspect.Parameter.empty
        made.append(inspect.Parameter(name, kind, default=value))
    made.sort(key=lambda one: (one.kind, one.default is not inspect.Parameter.empty))
    try:
        return inspect.Signature(made) if made else None
    except ValueError:
        return None
