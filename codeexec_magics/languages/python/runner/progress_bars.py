"""``tqdm.notebook``: a bar in HTML that is displayed once and then changed.

Runs in the child, when the program imports it. Its own bar is a widget, whose model would have to
live in a kernel.
"""

from __future__ import annotations

from html import escape, unescape
from types import SimpleNamespace
from typing import Any

from . import screen

_COLOURS = {"success": "#4caf50", "danger": "#f44336", "info": "#2196f3"}


class _Bar:
    """What tqdm takes for its widget: a label, a bar and a text, and nothing else of it."""

    def __init__(self, total: Any, label: Any) -> None:
        style = SimpleNamespace(bar_color=None)
        self._bar = SimpleNamespace(
            value=0, max=total or 1, bar_style="", style=style, layout=SimpleNamespace(width=None)
        )
        if not total:
            self._bar.value, self._bar.bar_style = 1, "info"
        self.children = (SimpleNamespace(value=label or ""), self._bar, SimpleNamespace(value=""))
        self.layout = SimpleNamespace(visibility="", width=None, display="", flex_flow="")
        self._closed = False
        self._shown = ""
        self._handle: Any = None

    def close(self) -> None:
        """The bar is to vanish."""
        self._closed = True

    def open(self) -> None:
        """Display it."""
        here = screen.current()
        if here is not None:
            self._handle = here.display(self._bundle(), raw=True, display_id=True)

    def redraw(self) -> None:
        """Bring the display up to date."""
        bundle = self._bundle()
        if self._handle is not None and bundle["text/html"] != self._shown:
            self._shown = bundle["text/html"]
            self._handle.update(bundle, raw=True)

    def _bundle(self) -> dict[str, str]:
        if self._closed:
            return {"text/plain": "", "text/html": ""}
        left, bar, right = self.children
        colour = bar.style.bar_color or _COLOURS.get(bar.bar_style, _COLOURS["info"])
        html = (
            f'<div style="white-space:pre;font-family:monospace">{left.value} '
            f'<progress value="{bar.value}" max="{bar.max}" '
            f'style="accent-color:{escape(str(colour))}"></progress> {right.value}</div>'
        )
        words = unescape(f"{left.value} {right.value}".strip()).replace("\u2007", " ")
        return {"text/plain": words, "text/html": html}


def adapt(module: Any) -> None:
    """Replace the widget of ``tqdm.notebook``."""

    class tqdm_notebook(module.tqdm_notebook):  # type: ignore[misc]  # noqa: N801
        """tqdm's bar for notebooks."""

        @staticmethod
        def status_printer(_: Any, total: Any = None, desc: Any = None, ncols: Any = None) -> _Bar:
            """What is drawn, as wide as it likes."""
            del ncols
            return _Bar(total, desc)

        def display(self, *arguments: Any, **options: Any) -> None:
            """Draw it as it is now."""
            super().display(*arguments, **options)
            self.container.redraw()

    def trange(*arguments: Any, **options: Any) -> Any:
        """A bar for ``range(…)``."""
        return tqdm_notebook(range(*arguments), **options)

    tqdm_notebook.__module__ = module.__name__
    tqdm_notebook.__doc__ = module.tqdm_notebook.__doc__
    for name in ("tqdm", "tqdm_notebook"):
        setattr(module, name, tqdm_notebook)
    for name in ("trange", "tnrange"):
        setattr(module, name, trange)
    module.display = lambda bar: bar.open()
