"""How a program looks from outside: the names it is called with, and what it says of itself.

Lives in the kernel; pure functions of text. Nothing of a program is run.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass

from codeexec_magics.values.options import Program


@dataclass(frozen=True, slots=True)
class Description:
    """How a program looks from outside.

    Attributes:
        signature: The names it is called with.
        documentation: Its docstring or leading comment; None if it has none.
    """

    signature: inspect.Signature
    documentation: str | None


def describe_by_comment(program: Program, comment: str, inputs: tuple[str, ...]) -> Description:
    """What can be told of a program in any language: its inputs, and its first comment.

    Args:
        program: The program.
        comment: What begins a comment that ends with its line.
        inputs: The names it is called with.
    """
    lines = []
    for line in program.source.lstrip().splitlines():
        if not line.lstrip().startswith(comment):
            break
        if not line.startswith("#!"):
            lines.append(line.lstrip()[len(comment) :])
    text = inspect.cleandoc("\n".join(lines)).strip()
    return Description(signature_of(inputs), text or None)


def signature_of(names: tuple[str, ...]) -> inspect.Signature:
    """The signature of a program that takes inputs of these names; of any, if there are none."""
    if not names:
        return inspect.Signature([inspect.Parameter("inputs", inspect.Parameter.VAR_KEYWORD)])
    return inspect.Signature(
        [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in names]
    )
