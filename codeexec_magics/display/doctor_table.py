"""A list of findings about a machine, in the same clothes as a result's card.

Lives wherever it is shown and owns nothing; pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from codeexec_magics.display.blocks import (
    Card,
    Clip,
    Header,
    Plain,
)
from codeexec_magics.display.html import html_of
from codeexec_magics.display.text import text_of
from codeexec_magics.display.wording import counted, cut, on_one_line

_WIDEST = 300


def findings_bundle(rows: Sequence[tuple[str, str, bool]]) -> dict[str, Any]:
    """The card of an examination.

    Args:
        rows: What was asked, what was found, and whether that is as it should be.
    """
    faults = sum(not sound for _, _, sound in rows)
    word = counted(faults, "fault", "faults") if faults else "all checks passed"
    header = Header("bad" if faults else "ok", word, "this machine")
    width = max((len(what) for what, _, _ in rows), default=0)
    lines = tuple(
        f"{what:<{width}}  {_sign(sound)}{cut(on_one_line(found), _WIDEST)}"
        for what, found, sound in rows
    )
    card = Card(header, (Plain(Clip(lines)),))
    return {"text/html": html_of(card), "text/plain": text_of(card)}


def _sign(sound: bool) -> str:
    return "" if sound else "✗ "
