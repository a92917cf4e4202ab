"""What the reader sees: results as cards in HTML and as the same cards in text.

Lives wherever a result is shown and owns nothing; it imports the values layer only, so a stored
result can be shown anywhere.
"""

from __future__ import annotations

from codeexec_magics.display.bundle import (
    METADATA_KEY,
    metadata,
    mime_bundle,
    running_card,
    terminal_text,
    traceback_lines,
)
from codeexec_magics.display.figures import CHIP_PATTERN, without_chip

__all__ = [
    "CHIP_PATTERN",
    "METADATA_KEY",
    "metadata",
    "mime_bundle",
    "running_card",
    "terminal_text",
    "traceback_lines",
    "without_chip",
]
