"""``{name}`` in the values of flags: what a variable of the notebook holds, as text.

Runs in the kernel. ``-i`` and ``--map`` are expressions already; an environment variable is looked
at only where all of its value is one ``{name}``, since braces are common in them.
"""

from __future__ import annotations

import argparse
import re
from datetime import timedelta
from typing import Any

from IPython.core.error import UsageError

from codeexec_magics.magics.flags import FLAGS, Flag
from codeexec_magics.magics.namespace import Scope, evaluate

_BRACES = re.compile(r"\{([^{}]+)\}")
_EXPRESSIONS = frozenset({"input", "map"})
_ENVIRONMENT = re.compile(r"([^=]*)=(\{[^{}]+\})", re.DOTALL)


def expand(given: argparse.Namespace, scope: Scope) -> None:
    """Replace each ``{expression}`` in what the flags were given.

    Args:
        given: The flags' values, which are changed.
        scope: Where the expressions are evaluated.

    Raises:
        UsageError: A variable is missing, or an expression throws.
    """
    for flag in FLAGS:
        value = getattr(given, flag.key)
        if not flag.metavar or value is None or flag.key in _EXPRESSIONS:
            continue
        if isinstance(value, list):
            setattr(given, flag.key, [_expanded(flag, text, scope) for text in value])
        else:
            setattr(given, flag.key, _expanded(flag, value, scope))


def _expanded(flag: Flag, text: str, scope: Scope) -> str:
    if "{" not in text:
        return text
    if flag.key == "env":
        found = _ENVIRONMENT.fullmatch(text)
        if found is None or not _is_expression(found[2][1:-1]):
            return text
        return f"{found[1]}={_BRACES.sub(lambda part: _text(flag, part, scope), found[2])}"
    return _BRACES.sub(lambda part: _text(flag, part, scope), text)


def _text(flag: Flag, part: re.Match[str], scope: Scope) -> str:
    expression, written = part[1].strip(), f"{flag.names[-1]} {part[0]}"
    if not _is_expression(expression):
        raise UsageError(f"{written}: there is no Python expression between the braces")
    value: Any = evaluate(expression, scope.variables(), written)
    if value is None:
        return "none"
    return str(value.total_seconds() if isinstance(value, timedelta) else value)


def _is_expression(text: str) -> bool:
    try:
        compile(text.strip(), "<{}>", "eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
