"""The cards of a job: while it runs, and when it has ended.

Lives wherever a job is shown and owns nothing. Pure, and the same in each run of a notebook.
"""

from __future__ import annotations

from typing import Any

from codeexec_magics.display.blocks import Card, Header
from codeexec_magics.display.bundle import mime_bundle
from codeexec_magics.display.html import html_of
from codeexec_magics.display.text import text_of
from codeexec_magics.display.wording import cut, on_one_line
from codeexec_magics.protocol.imports import imports_from_outside
from codeexec_magics.values.results import ExecutionResult


@imports_from_outside()
def background_card(language: str, target: str | None = None) -> dict[str, Any]:
    """The card of a job that has not ended.

    Args:
        language: The language's name.
        target: The variables that its value will be bound to; None if there are none.
    """
    shown = cut(on_one_line(target or ""), 60)
    header = Header("run", "in the background", cut(on_one_line(language), 40), target=shown)
    return _bundle(header)


@imports_from_outside()
def ended_card(result: ExecutionResult) -> dict[str, Any]:
    """What a job came to, without what it printed: its result has that."""
    return mime_bundle(result, streams=False)


def _bundle(header: Header) -> dict[str, Any]:
    card = Card(header, ())
    return {"text/html": html_of(card), "text/plain": text_of(card)}
