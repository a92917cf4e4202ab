"""What a sandboxed program may show: nothing that a front end would run, load, or believe.

Lives wherever a result is admitted or shown; pure, and owns nothing.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Any

from codeexec_magics.values.pictures import is_sound

_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_SOURCES = (
    *("text/markdown", "text/latex", "image/svg+xml", "text/html"),
    *("application/javascript", "text/javascript"),
)
_LONGEST_SOURCE = 100_000
_LONGEST_SIDE = 10_000
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def harmless(bundle: Mapping[Any, Any]) -> dict[str, Any]:
    """A bundle in which pictures are kept and everything else is text.

    Markup of any kind (HTML, SVG, Markdown, LaTeX) and scripts are shown as their source, and so
    are the data of libraries that a front end would load. A picture whose bytes are not what its
    type says is left out.

    Args:
        bundle: MIME type → content, as a program has sent it.
    """
    kept: dict[str, Any] = {}
    for mime in _PICTURES:
        data = _picture(mime, bundle.get(mime))
        if data is not None:
            kept[mime] = data
    text = bundle.get("text/plain")
    if not kept:
        source = next((bundle[kind] for kind in _SOURCES if kind in bundle), None)
        text = _telling(text) or _text(source) or text or _data(bundle)
    kept["text/plain"] = _text(text) or "a display"
    return kept


def admit(
    bundle: Mapping[str, Any], metadata: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The same, and of the metadata how large each picture is to be drawn.

    A front end puts the rest of it into its pages, by the names of files, for instance.
    """
    kept = harmless(bundle)
    sizes = {mime: _sizes(metadata.get(mime)) for mime in kept}
    return kept, {mime: size for mime, size in sizes.items() if size}


def _picture(mime: str, content: object) -> str | None:
    """A picture's bytes as base64, if they are what they should be."""
    if isinstance(content, str):
        try:
            content = base64.b64decode("".join(content.split()), validate=True)
        except (ValueError, binascii.Error):
            return None
    if not isinstance(content, bytes | bytearray) or not is_sound(mime, bytes(content)):
        return None
    return base64.b64encode(content).decode()


def _telling(text: object) -> str:
    """A text form that says all that is shown, as a frame's rows do; one line is but a name."""
    found = _text(text)
    return found if "\n" in found.strip() else ""


def _text(content: object) -> str:
    if isinstance(content, list):
        content = "".join(part for part in content if isinstance(part, str))
    if not isinstance(content, str):
        return ""
    return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", content[:_LONGEST_SOURCE])


def _data(bundle: Mapping[Any, Any]) -> str:
    """What a library of the front end would draw, as its source; empty if there is none."""
    for kind, content in bundle.items():
        if isinstance(kind, str) and kind.endswith("json"):
            try:
                return json.dumps(content, ensure_ascii=False)[:_LONGEST_SOURCE]
            except (TypeError, ValueError, RecursionError):
                return ""
    return ""


def _sizes(described: object) -> dict[str, int]:
    if not isinstance(described, Mapping):
        return {}
    sides = {side: described.get(side) for side in ("width", "height")}
    return {
        side: length
        for side, length in sides.items()
        if type(length) is int and 0 < length <= _LONGEST_SIDE
    }
