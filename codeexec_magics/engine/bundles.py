"""What a sandboxed program may show: nothing that a front end would run.

Lives in the kernel; pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_PICTURES = frozenset({"image/png", "image/jpeg", "image/gif"})
_SOURCES = ("text/markdown", "text/latex", "image/svg+xml", "text/html")
_LONGEST_SOURCE = 100_000


def harmless(bundle: Mapping[str, Any]) -> dict[str, Any]:
    """A bundle in which pictures are kept and everything else is text.

    Markup of any kind (HTML, SVG, Markdown, LaTeX) is shown as its source, scripts and data of
    libraries that a front end would load are left out.

    Args:
        bundle: MIME type → content, as a program has sent it.
    """
    kept: dict[str, Any] = {
        kind: content
        for kind, content in bundle.items()
        if kind in _PICTURES and isinstance(content, str)
    }
    plain = bundle.get("text/plain")
    source = next((bundle[kind] for kind in _SOURCES if kind in bundle), None)
    text = source if isinstance(source, str) and not kept else plain
    kept["text/plain"] = text[:_LONGEST_SOURCE] if isinstance(text, str) else "a display"
    return kept
