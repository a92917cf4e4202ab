"""Find the picture, or the HTML, that a value is.

Lives wherever a result is shown and owns nothing. Asks what notebooks ask: the ``_repr_…_``
methods of the value's type, a matplotlib figure for its PNG; and knows picture files by their
first bytes. An SVG is shown as an image file, where its scripts do not run.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
import re
import warnings
from collections.abc import Mapping
from typing import Any

from codeexec_magics.display.blocks import (
    Block,
    Clip,
    Foreign,
    Markup,
    Picture,
    Plain,
)
from codeexec_magics.display.one_line import free_form
from codeexec_magics.display.safe_access import (
    attempt,
    method,
    origin,
    plain,
)
from codeexec_magics.display.wording import clip, counted, without_addresses
from codeexec_magics.values.bundles import harmless
from codeexec_magics.values.pictures import LARGEST_PICTURE, is_sound, kind_of

_CHART = re.compile(r"application/vnd\.(?:plotly|vega|vegalite)\.v\d+\+json\Z")
_PLOTLY = "application/vnd.plotly.v1+json"
_MIME_NAME = re.compile(r"(?:text|image|application)/[\w.+-]+\Z")
_SVG = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*|<!DOCTYPE[^>]*>\s*)*<svg[\s>]", re.DOTALL
)
_WORDS = ("text/plain", "text/markdown", "text/latex")
_PREFERENCE = ("image/svg+xml", "image/png", "image/jpeg", "image/gif", "image/webp", "text/html")


def picture_of(value: object) -> Block | None:
    """What a value that is a picture, or draws itself, shows; None for every other value."""
    if type(value) is str:
        return _svg(value) if _is_svg(value) else None
    if isinstance(value, bytes | bytearray):
        return _file(bytes(value))
    if type(value) is dict:
        return bundle_block(value) if is_bundle(value) else None
    if origin(value)[0] == "matplotlib":
        return _figure(value)
    return _own_form(value)


def checked_picture(value: object) -> Block | None:
    """The picture that a value is which nobody trusts: its bytes are looked at, nothing is asked.

    None for all others: what draws itself elsewhere, or has a source, is a value like any other.
    """
    if isinstance(value, bytes | bytearray):
        content = bytes(value)
        mime = kind_of(content)
        return _picture(mime, content) if mime and is_sound(mime, content) else None
    if type(value) is dict and is_bundle(value):
        kept = harmless(value)
        return bundle_block(kept) if len(kept) > 1 else None
    return None


def is_bundle(value: Mapping[Any, Any]) -> bool:
    """Whether a dictionary maps MIME types to content that can be shown."""
    return (
        0 < len(value) <= 12
        and all(type(name) is str and _MIME_NAME.match(name) for name in value)
        and any(name in value for name in (*_PREFERENCE, *_WORDS))
    )


def bundle_block(bundle: Mapping[str, Any]) -> Block | None:
    """The richest form in a MIME bundle that a card can show; None if there is none."""
    words = next((bundle[name] for name in _WORDS if isinstance(bundle.get(name), str)), "")
    alternative = without_addresses(plain(words))
    for name in _PREFERENCE:
        if name == "text/html":
            chart = _chart(bundle, alternative)
            if chart is not None:
                return chart
        block = _content(name, bundle.get(name), alternative)
        if block is not None:
            return block
    return Plain(clip(alternative)) if alternative else None


def _chart(bundle: Mapping[str, Any], alternative: str) -> Block | None:
    """A chart as data, for example of Vega-Lite or Plotly: their HTML needs scripts from afar."""
    for mime, content in bundle.items():
        if _CHART.match(mime) and type(content) is dict:
            size = len(attempt(lambda: json.dumps(content), ""))  # noqa: B023
            if 0 < size <= LARGEST_PICTURE:
                return Foreign(mime, content, clip(alternative or "a chart"))
    return None


def _content(mime: str, content: object, alternative: str) -> Block | None:
    if isinstance(content, list):
        content = "".join(plain(line) for line in content)
    if isinstance(content, bytes | bytearray):
        return _picture(mime, bytes(content)) if mime != "text/html" else None
    if not isinstance(content, str) or not content:
        return None
    text = plain(content)
    if mime == "image/svg+xml":
        return _svg(text)
    if mime == "text/html":
        return _markup(text, alternative)
    data = attempt(lambda: base64.b64decode(text, validate=False), b"")
    return _picture(mime, data) if data else None


def _own_form(value: object) -> Block | None:
    if origin(value) == ("plotly", "Figure"):
        return _plotly(value)
    make = method(value, "_repr_mimebundle_")
    made = attempt(lambda: make(include=None, exclude=None), None) if make else None
    bundle = made[0] if isinstance(made, tuple) and made else made
    if isinstance(bundle, Mapping):
        block = attempt(lambda: bundle_block(bundle), None)
        if block is not None:
            return block

    for mime, name in _METHODS:
        ask = method(value, name)
        answer = attempt(ask, None) if ask else None
        answer = answer[0] if isinstance(answer, tuple) and answer else answer
        block = _content(mime, answer, free_form(value, room=10_000)) if answer else None
        if block is not None:
            return block
    return None


_METHODS = (
    ("image/svg+xml", "_repr_svg_"),
    ("image/png", "_repr_png_"),
    ("image/jpeg", "_repr_jpeg_"),
    ("text/html", "_repr_html_"),
)


def _figure(value: object) -> Block | None:
    save = method(value, "savefig")
    if save is None:
        # A plot of pandas is its axes; what is to be seen is the figure that they stand in.
        figure = attempt(lambda: value.figure, None)  # type: ignore[attr-defined]
        save = method(figure, "savefig") if figure is not None else None
    if save is None:
        return None
    target = io.BytesIO()
    how = {"format": "png", "bbox_inches": "tight", "metadata": {"Software": None}}
    with warnings.catch_warnings():  # they would name the place here that draws
        warnings.simplefilter("ignore")
        attempt(lambda: save(target, **how), None)
    return _file(target.getvalue())


def _plotly(figure: object) -> Block | None:
    # Its own bundle depends on which front end it believes to be in.
    write = method(figure, "to_json")
    content = attempt(lambda: json.loads(write()), None) if write else None
    alternative = free_form(figure, room=10_000)
    return _chart({_PLOTLY: content}, alternative) if content else None


def _file(content: bytes) -> Block | None:
    mime = kind_of(content)
    return None if mime is None else _picture(mime, content)


def _is_svg(text: str) -> bool:
    return bool(_SVG.match(text[:2_000])) and text.rstrip().endswith("</svg>")


def _svg(text: str) -> Block | None:
    content = text.encode("utf-8", "replace")
    if b"xmlns" not in content[:4_000]:
        content = content.replace(b"<svg", b'<svg xmlns="http://www.w3.org/2000/svg"', 1)
    return _picture("image/svg+xml", content)


def _picture(mime: str, content: bytes) -> Block:
    kind = mime.partition("/")[2].partition("+")[0].upper()
    words = f"{kind} picture"
    if mime == "image/png" and len(content) >= 24:
        across, down = (int.from_bytes(content[at : at + 4], "big") for at in (16, 20))
        words += f", {across} × {down}"
    if len(content) > LARGEST_PICTURE:
        return _only_words(f"{words}, {len(content):,} bytes: too large to be shown here")
    return Picture(mime, binascii.b2a_base64(content, newline=False).decode(), words)


def _markup(text: str, alternative: str) -> Block:
    if len(text) > LARGEST_PICTURE:
        return _only_words(f"HTML, {counted(len(text), 'character')}: too large to be shown here")
    # Halves of surrogate pairs would make the whole notebook unwritable.
    text = text.encode("utf-8", "replace").decode()
    return Markup(text, clip(alternative or "HTML"))


def _only_words(words: str) -> Plain:
    return Plain(Clip((words,)))
