"""What an R program's source tells of it: the comment that documents it, and its parameters.

Lives in the kernel; pure functions of text. Nothing of a program is run.
"""

from __future__ import annotations

import inspect
import re

from codeexec_magics.languages.description import Description, describe_by_comment, signature_of
from codeexec_magics.values.options import Program

_COMMENT = re.compile(r"(?:^[ \t]*#[^\n]*\n)+", re.MULTILINE)


def describe(program: Program, inputs: tuple[str, ...]) -> Description:
    """Read a program's documentation; its parameters are the inputs.

    Args:
        program: The program.
        inputs: The names it is called with.
    """
    text = program.source.replace("\r\n", "\n")
    entry = re.compile(rf"\s*`?{re.escape(program.entry)}`?\s*(?:<-|=)\s*function\b")
    for comment in _COMMENT.finditer(text):
        if entry.match(text, comment.end()):
            lines = re.sub(r"(?m)^[ \t]*#+'?[ \t]?", "", comment[0])
            return Description(signature_of(inputs), inspect.cleandoc(lines).strip() or None)
    return describe_by_comment(program, "#", inputs)
