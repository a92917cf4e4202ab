"""What a JavaScript program's source tells of it: its parameters, and the comment on it.

Lives in the kernel; pure functions of text. Nothing of a program is run.
"""

from __future__ import annotations

import inspect
import re

from codeexec_magics.languages.description import Description, signature_of
from codeexec_magics.languages.javascript.parameters import signature
from codeexec_magics.values.options import Program


def describe(program: Program, inputs: tuple[str, ...]) -> Description:
    """Read a program's documentation; its parameters are the inputs, or else its function's.

    Args:
        program: The program.
        inputs: The names it is called with.
    """
    told = None if inputs else signature(program.source, program.entry)
    return Description(
        told or signature_of(inputs), _leading_comment(program.source, program.entry)
    )


_COMMENT = re.compile(
    r"/\*(?P<block>.*?)\*/|(?P<lines>(?:^[ \t]*//[^\n]*\n?)+)", re.DOTALL | re.MULTILINE
)


def _leading_comment(source: str, entry: str) -> str | None:
    """The comment that stands before the function that is called, else the program's first."""
    function = re.compile(
        rf"\s*(?:export\s+)?(?:async\s+)?(?:function|const|let|var)\b[\s*]*{re.escape(entry)}\b"
    )
    found = _COMMENT.match(source.lstrip())
    for comment in _COMMENT.finditer(source):
        if function.match(source, comment.end()):
            found = comment
    if not found:
        return None
    text = found["block"] if found["block"] is not None else found["lines"]
    return inspect.cleandoc(re.sub(r"(?m)^[ \t]*(?:\*+|//+)[ \t]?", "", text)).strip() or None
