"""Plotly's figures: as the chart's own data, and as HTML for front ends that cannot draw that.

Runs in the child, when the program imports plotly. Plotly itself finds no notebook here, and would
open a browser.
"""

from __future__ import annotations

import os
import sys
from hashlib import sha256
from typing import Any

from . import screen

_NAME = "cell"


def adapt(module: Any) -> None:
    """Give ``plotly.io._renderers`` a renderer for cells, and make it the default."""

    class CellRenderer(module.PlotlyRenderer):  # type: ignore[misc]
        """The data, HTML that loads plotly.js, and words; the same bytes each time."""

        def to_mimebundle(self, fig_dict: dict[str, Any]) -> dict[str, Any]:
            """As in the base class."""
            plotly = sys.modules["plotly.io"]
            bundle = super().to_mimebundle(fig_dict)
            kinds = [str(trace.get("type", "scatter")) for trace in fig_dict.get("data", ())]
            name = sha256(plotly.to_json(fig_dict, validate=False).encode()).hexdigest()[:32]
            html = plotly.to_html(
                fig_dict, full_html=False, include_plotlyjs="cdn", validate=False, div_id=name
            )
            words = f"plotly figure: {', '.join(kinds) or 'empty'}"
            return {"text/plain": words[:200], "text/html": html, **bundle}

    module.renderers[_NAME] = CellRenderer()
    if not os.environ.get("PLOTLY_RENDERER"):
        module.renderers.default = _NAME
    module.show = _show_with(module)


def _show_with(module: Any) -> Any:
    original = module.show

    def show(fig: Any, renderer: Any = None, validate: bool = True, **options: Any) -> None:
        here = screen.current()
        if here is None:
            original(fig, renderer=renderer, validate=validate, **options)
            return
        figure = module.validate_coerce_fig_to_dict(fig, validate)
        bundle = module.renderers._build_mime_bundle(figure, renderers_string=renderer, **options)
        if bundle:
            here.publish(bundle)
        module.renderers._perform_external_rendering(figure, renderers_string=renderer, **options)

    show.__doc__ = original.__doc__
    return show
