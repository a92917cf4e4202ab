"""Make what a program shows fit for the wire and for a notebook: the one place that does.

Pure; used in the child, which makes bundles, and in the kernel, which believes none. Halves of
surrogate pairs would make a notebook unwritable, and JSON has no NaN and no numbers of numpy.
"""

from __future__ import annotations

import json
import re
from typing import Any

LONGEST_TEXT = 1_000_000
"""Characters of a text form; it stands beside a richer one, or nobody reads so far."""

_ADDRESS = re.compile(r" at 0x[0-9A-Fa-f]{6,16}\b")
_DEEPEST = 100
_strict = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode


def text(value: str) -> str:
    """A text without halves of surrogate pairs; they are written out."""
    if value.isascii():
        return value
    return value.encode("utf-8", "backslashreplace").decode("utf-8")


def without_addresses(value: str) -> str:
    """A text that is the same each time: where an object stands in memory says nothing."""
    return _ADDRESS.sub("", value) if " at 0x" in value else value


def bundle(forms: dict[Any, Any]) -> dict[str, Any]:
    """A MIME bundle as JSON can hold it; a form that cannot be one is left out."""
    cleaned: dict[str, Any] = {}
    for kind, content in forms.items():
        if content is None or not isinstance(kind, str):
            continue
        try:
            cleaned[text(kind)] = _content(kind, content)
        except Exception:  # noqa: BLE001, S112 - the user's object: too deep, or it throws
            continue
    return cleaned


def as_it_is(forms: dict[str, Any]) -> bool:
    """Whether a bundle, or any object of JSON, has nothing to be cleaned."""
    try:
        return bool(_strict(forms).encode("utf-8"))
    except (TypeError, ValueError, RecursionError):
        return False


def jsonable(value: Any, depth: int = 0) -> Any:
    """A value as JSON holds it: the nearest that there is, and a text where there is none."""
    if depth > _DEEPEST:
        raise ValueError("nested too deeply to be shown")
    if isinstance(value, dict):
        return {text(str(key)): jsonable(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [jsonable(item, depth + 1) for item in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return _scalar(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return base64_text(value)
    for method in ("tolist", "item", "isoformat"):  # numpy's, and dates
        plain = getattr(value, method, None)
        if callable(plain):
            return jsonable(plain(), depth + 1)
    return text(str(value))


def _scalar(value: Any) -> Any:
    """An exact ``str``, ``int`` or ``float``, also of a subclass; null for NaN and infinity."""
    if value is None or value is True or value is False:
        return value
    if isinstance(value, str):
        return text(str.__str__(value))
    if isinstance(value, int):
        return int(value)
    return float(value) if value - value == 0 else None


def base64_text(content: Any) -> str:
    """Bytes as the text that a bundle has for them."""
    import binascii

    return binascii.b2a_base64(bytes(content), newline=False).decode("ascii")


def _content(kind: str, content: Any) -> Any:
    if isinstance(content, (bytes, bytearray, memoryview)):
        return base64_text(content)
    if isinstance(content, str):
        cleaned = text(content)
        if kind == "text/plain":
            return without_addresses(cleaned)[:LONGEST_TEXT]
        return cleaned
    return jsonable(content)
