"""Turn a value into a MIME bundle, as ``display`` in a notebook does.

Runs in the child, on the user's objects: every call into one may throw, and is then skipped.
"""

from __future__ import annotations

import base64
from typing import Any

_METHODS = (
    ("text/html", "_repr_html_"),
    ("image/svg+xml", "_repr_svg_"),
    ("image/png", "_repr_png_"),
    ("image/jpeg", "_repr_jpeg_"),
    ("text/markdown", "_repr_markdown_"),
    ("text/latex", "_repr_latex_"),
    ("application/json", "_repr_json_"),
)


def bundle_of(value: Any) -> dict[str, Any]:
    """The MIME bundle of a value: its own forms, a figure's picture, and its text."""
    bundle: dict[str, Any] = {"text/plain": _text(value)}
    own = _ask(value, "_repr_mimebundle_")
    if isinstance(own, tuple):
        own = own[0] if own else None
    if isinstance(own, dict):
        bundle.update({str(kind): _jsonable(content) for kind, content in own.items()})
    else:
        for kind, method in _METHODS:
            content = _ask(value, method)
            if content is not None:
                bundle[kind] = _jsonable(content)
    if len(bundle) == 1 and hasattr(value, "savefig"):
        picture = _figure(value)
        if picture:
            bundle["image/png"] = picture
    return bundle


def _ask(value: Any, method: str) -> Any:
    if isinstance(value, type):
        return None
    try:
        function = getattr(value, method, None)
        content = function() if callable(function) else None
    except Exception:  # noqa: BLE001 - a broken form of the user's object is no form
        return None
    return content[0] if isinstance(content, tuple) and method != "_repr_mimebundle_" else content


def _jsonable(content: Any) -> Any:
    if isinstance(content, (bytes, bytearray)):
        return base64.b64encode(bytes(content)).decode("ascii")
    return content


def _figure(figure: Any) -> str:
    """A matplotlib figure as a picture; outside of a kernel it has no form of its own."""
    import io

    buffer = io.BytesIO()
    try:
        figure.savefig(buffer, format="png", bbox_inches="tight")
    except Exception:  # noqa: BLE001 - it only looked like a figure
        return ""
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def _text(value: Any) -> str:
    try:
        return repr(value)
    except Exception as error:  # noqa: BLE001 - the user's __repr__
        return f"<{type(value).__name__}: its repr throws {type(error).__name__}>"
