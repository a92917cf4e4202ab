"""The card's style, minified, in the parts that a card needs.

Lives wherever a result is shown. Owns the text of ``style.css``, which is read at the first card.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from pathlib import Path

_PART = re.compile(r"/\* @(\w+)[^*]* \*/(.*?)(?=/\* @|\Z)", re.DOTALL)
_ICON = re.compile(r'icon\("([^"]*)"\)')
_PICTURE = (
    "url(\"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'"
    " fill='none' stroke='%23000' stroke-width='2' stroke-linecap='round'%3E"
    "%3Cpath d='{}'/%3E%3C/svg%3E\")"
)


def style_of(parts: Iterable[str]) -> str:
    """The rules of the named parts, in the order of the file, each once."""
    wanted = set(parts)
    return "".join(rules for name, rules in _parts().items() if name in wanted)


@functools.cache
def _parts() -> dict[str, str]:
    text = Path(__file__).with_name("style.css").read_text(encoding="utf-8")
    return {name: _minified(rules) for name, rules in _PART.findall(text)}


def _minified(rules: str) -> str:
    rules = re.sub(r"\s+", " ", rules)
    rules = re.sub(r" ?([{};>]) ?", r"\1", rules)
    rules = re.sub(r"(?<=[:,]) |;(?=})", "", rules)
    # The icons come last: their text must keep its blanks.
    return _ICON.sub(lambda match: _PICTURE.format(match[1]), rules).strip()
