"""The forms in which a value can be shown, as a notebook asks for them.

Runs in the child, on the user's objects: every call into one may throw, and is then skipped.
"""

from __future__ import annotations

import _weakref  # the built-in part; the module around it is slow to import
import sys
from typing import Any

from ....protocol import clean

_METHODS = (
    ("text/html", "_repr_html_"),
    ("image/svg+xml", "_repr_svg_"),
    ("image/png", "_repr_png_"),
    ("image/jpeg", "_repr_jpeg_"),
    ("application/pdf", "_repr_pdf_"),
    ("text/markdown", "_repr_markdown_"),
    ("text/latex", "_repr_latex_"),
    ("application/javascript", "_repr_javascript_"),
    ("application/json", "_repr_json_"),
)
_drawn: list[Any] = []
# The model behind a widget is in this process, and ends with it.
_DEAD = ("application/vnd.jupyter.widget-view+json",)


def forms_of(
    value: Any, include: Any = None, exclude: Any = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The MIME bundle of a value, and its metadata: its own forms, a figure's picture, its text."""
    bundle: dict[Any, Any] = {"text/plain": text_of(value)}
    metadata: dict[Any, Any] = {}
    with _Warnings():
        own, told = _parted(_ask(value, "_repr_mimebundle_", include=include, exclude=exclude))
        if isinstance(own, dict):
            bundle.update(own)
            metadata.update(told)
        for kind, method in _METHODS:
            if kind not in bundle:
                content, told = _parted(_ask(value, method))
                if content is not None:
                    bundle[kind] = content
                    if told:
                        metadata[kind] = told
        if len(bundle) == 1 and hasattr(type(value), "savefig"):
            bundle["image/png"] = _figure(value)
    for kind in _DEAD:
        bundle.pop(kind, None)
    if include or exclude:
        bundle = {
            kind: content
            for kind, content in bundle.items()
            if (not include or kind in include) and (not exclude or kind not in exclude)
        }
    return clean.bundle(bundle), clean.jsonable(metadata)


def draws_itself(value: Any) -> bool:
    """Whether a value's type has a form of its own beside its text."""
    cls = type(value)
    names = ("_ipython_display_", "_repr_mimebundle_", "savefig", *(name for _, name in _METHODS))
    return not isinstance(value, type) and any(hasattr(cls, name) for name in names)


def text_of(value: Any) -> str:
    """A value's ``repr``; never throws."""
    try:
        return clean.without_addresses(clean.text(repr(value)))
    except Exception as error:  # noqa: BLE001 - the user's __repr__
        return f"<{type(value).__name__}: its repr throws {type(error).__name__}>"


def is_drawn(figure: Any) -> bool:
    """Whether a figure has been drawn: then it need not be shown for being still open."""
    return any(ref() is figure for ref in _drawn)


def _ask(value: Any, method: str, **arguments: Any) -> Any:
    if isinstance(value, type):
        return None
    try:
        function = getattr(value, method, None)
        if not callable(function):
            return None
        try:
            return function(**arguments)
        except TypeError:
            return function() if arguments else None
    except Exception:  # noqa: BLE001 - a broken form of the user's object is no form
        return None


def _parted(answer: Any) -> tuple[Any, dict[Any, Any]]:
    """A method may answer with the content, or with that and its metadata."""
    if isinstance(answer, tuple):
        told = answer[1] if len(answer) > 1 else None
        return (answer[0] if answer else None), (told if isinstance(told, dict) else {})
    return answer, {}


def _figure(figure: Any) -> Any:
    """A matplotlib figure as a picture; the same bytes for the same figure."""
    import io

    buffer = io.BytesIO()
    try:
        figure.savefig(buffer, format="png", bbox_inches="tight", metadata={"Software": None})
        _drawn[:] = [*filter(lambda ref: ref() is not None, _drawn), _weakref.ref(figure)]
    except Exception:  # noqa: BLE001 - it only looked like a figure
        return None
    return buffer.getvalue()


class _Warnings:
    """While a value is drawn, warnings are told without the place in our code that drew it."""

    def __enter__(self) -> None:
        warnings: Any = sys.modules.get("warnings")
        self._warnings = warnings
        if warnings is not None:
            self._before = warnings.formatwarning
            warnings.formatwarning = self._format

    def __exit__(self, *_: object) -> None:
        if self._warnings is not None:
            self._warnings.formatwarning = self._before

    def _format(
        self, message: Any, category: Any, filename: str, lineno: int, line: Any = None
    ) -> str:
        if filename.startswith(_OURS):
            return f"{category.__name__}: {message}\n"
        return str(self._before(message, category, filename, lineno, line))


_OURS = __file__.rpartition("languages")[0]
