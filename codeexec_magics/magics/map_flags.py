"""``--map`` and its flags: what the line says of many items.

Runs in the kernel; pure functions of text.
"""

from __future__ import annotations

import argparse
from typing import Any

from IPython.core.error import UsageError

from codeexec_magics.errors import InvalidOptions
from codeexec_magics.magics.flags import ON_ERROR
from codeexec_magics.magics.request import MapArguments
from codeexec_magics.magics.suggestions import nearest
from codeexec_magics.values.options import parse_count

_SAME = {"continue": "go-on", "raise": "stop"}
_ONLY_OF_MAPS = ("workers", "batch", "on_error", "on")


def mapping_of(given: argparse.Namespace) -> MapArguments | None:
    """What the line says of items; None if it says nothing.

    Raises:
        UsageError: It cannot be meant.
    """
    if given.map is None:
        for name in _ONLY_OF_MAPS:
            if getattr(given, name) is not None:
                raise UsageError(f"--{name.replace('_', '-')} is about items: it needs --map")
        return None
    for flag, text in (("--map", given.map), ("--on", given.on)):
        _check_expression(flag, text or "None")
    plan: dict[str, Any] = {"on_error": _on_error(given.on_error)}
    for name in ("workers", "batch"):
        text = getattr(given, name)
        try:
            plan[name] = None if text is None else parse_count(text)
        except InvalidOptions as error:
            raise UsageError(f"--{name}: {error}") from None
    return MapArguments(given.map, plan, given.on)


def _check_expression(flag: str, text: str) -> None:
    try:
        compile(text, f"<{flag}>", "eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = getattr(error, "msg", None) or str(error)
        raise UsageError(f"{flag} {text}: this is no Python expression: {reason}") from None


def _on_error(text: str | None) -> str:
    text = _SAME.get(text or "", text)
    if text is not None and text not in ON_ERROR:
        known = ", ".join(ON_ERROR)
        raise UsageError(f"--on-error is one of {known}, not {text!r}{nearest(text, ON_ERROR)}")
    return ON_ERROR[text or "stop"]
