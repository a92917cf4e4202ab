"""Bokeh's ``show``: in the cell's output, where the program has chosen no other place.

Runs in the child, when the program imports ``bokeh.io.showing``. Bokeh itself would write a file
beside the program that it takes for the running one, which is the runner, and open a browser.
"""

from __future__ import annotations

from functools import wraps
from typing import Any

from . import screen


def adapt(module: Any) -> None:
    """Replace ``bokeh.io.showing.show``."""
    original = module.show

    @wraps(original)
    def show(*arguments: Any, **named: Any) -> Any:
        state = module.curstate()
        if screen.current() is not None and not state.notebook and state.file is None:
            __import__("bokeh.io.output").io.output.output_notebook(hide_banner=True)
        return original(*arguments, **named)

    module.show = show
