"""How a result shows itself where a cell evaluates it: the one door from values to their display.

Lives wherever a result is looked at. `codeexec_magics.display` stands above the values, so it is
loaded by its name when something is first shown; the engine alone never loads it.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from codeexec_magics.protocol.imports import imports_from_outside

_DISPLAY = "codeexec_magics.display"


def card_of_result(result: object) -> dict[str, Any]:
    """The card of an `ExecutionResult`, as a MIME bundle."""
    with imports_from_outside():
        bundle: dict[str, Any] = import_module(f"{_DISPLAY}.bundle").mime_bundle(result)
    return bundle


def card_of_job(language: str, result: object | None) -> dict[str, Any]:
    """The card of a job, as a MIME bundle.

    Args:
        language: The name of its language.
        result: The `ExecutionResult` that it came to; None while it runs.
    """
    with imports_from_outside():
        cards = import_module(f"{_DISPLAY}.job_card")
    bundle: dict[str, Any] = (
        cards.background_card(language) if result is None else cards.ended_card(result)
    )
    return bundle
