"""What is shown of a value that no name wants: it need not travel.

Runs in the child, at the program's end. Plain data, arrays and frames travel as ever, and are drawn
where they arrive; a picture or HTML is displayed from here; of all else a text goes in its place.
"""

from __future__ import annotations

import sys
from typing import Any

from ....protocol import clean
from . import forms
from .screen import Screen

_FRAMES = frozenset(("DataFrame", "Series"))
_LONGEST_TEXT = 10_000


def drawn(value: Any, screen: Screen) -> dict[str, Any] | None:
    """Display a value that draws itself; what stands for it, or None if it is to travel.

    Args:
        value: The program's value.
        screen: Where it is displayed.
    """
    cls = type(value)
    family = str(cls.__module__).partition(".")[0]
    if family in ("pandas", "polars") and cls.__name__ in _FRAMES:
        return None
    if not forms.draws_itself(value):
        return None
    screen.display(value)
    return _stands(value)


def text(value: Any) -> dict[str, Any]:
    """What stands for a value that cannot travel, or need not: its text."""
    words = forms.text_of(value)
    if len(words) > _LONGEST_TEXT:
        words = words[: _LONGEST_TEXT - 1] + "…"
    return _stands(value, text=words)


def show_open(value: Any, *, kept: bool) -> None:
    """Display the figures that are still open; arguments as for `pyplot.show_open`."""
    if "matplotlib._pylab_helpers" in sys.modules:
        from . import pyplot

        try:
            pyplot.show_open(value, kept=kept)
        except Exception as error:  # noqa: BLE001 - showing never fails a program
            sys.stderr.write(f"a figure cannot be shown: {type(error).__name__}\n")


def _stands(value: Any, **more: str) -> dict[str, Any]:
    node = {"$": "shown", "type": clean.text(type(value).__name__)[:100], **more}
    return {"codec": "tree", "inline": node}
