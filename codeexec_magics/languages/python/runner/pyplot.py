"""matplotlib in a cell: figures go to the cell's output, each of them once.

Runs in the child, when the program imports matplotlib, and at the program's end. Owns which figures
pyplot still has open then.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Any

from . import forms, late_hooks, screen

_OF_NOTEBOOKS = ("inline", "ipympl", "widget", "nbagg", "notebook", "nbAgg")
_state = {"chosen": False}


def prepare() -> None:
    """Before matplotlib's own code: where its caches are."""
    folder = late_hooks.scratch()
    if folder and "MPLCONFIGDIR" not in os.environ:
        own = os.path.join(folder, "matplotlib")
        with contextlib.suppress(OSError):
            os.makedirs(own, exist_ok=True)
            _copy_caches(own)
            os.environ["MPLCONFIGDIR"] = own


def adapt(module: Any) -> None:
    """After it: the backend of cells, unless the program's owner has chosen one."""
    if module.__name__ == "matplotlib":
        _choose_backend(module)
    else:
        _show_here(module)


def show_open(value: Any, *, kept: bool) -> None:
    """Display the figures that are still open, and close them.

    Args:
        value: The program's value. If it is a figure, it is shown as the value.
        kept: Whether the value travels, and is drawn elsewhere; a plot's axes are then drawn, too.
    """
    helpers = sys.modules.get("matplotlib._pylab_helpers")
    here = screen.current()
    if helpers is None or here is None:
        return
    shown = [value, getattr(value, "figure", None) if kept else None]
    for manager in list(helpers.Gcf.get_all_fig_managers()):
        figure = manager.canvas.figure
        is_shown = forms.is_drawn(figure) or any(figure is one for one in shown)
        if not _state["chosen"] and not is_shown:
            _display(figure)
    # A figure that pyplot knows would register itself with another process's pyplot, too.
    helpers.Gcf.destroy_all()


def _choose_backend(module: Any) -> None:
    wanted = os.environ.get("MPLBACKEND", "")
    if not wanted or any(name in wanted for name in _OF_NOTEBOOKS):
        module.use("agg")
    else:
        _state["chosen"] = True
    use = module.use

    def noted_use(backend: str, *arguments: Any, **options: Any) -> Any:
        if any(name in backend for name in _OF_NOTEBOOKS):
            backend = "agg"
        else:
            _state["chosen"] = True
        return use(backend, *arguments, **options)

    noted_use.__doc__ = use.__doc__
    module.use = noted_use


def _show_here(module: Any) -> None:
    """Give the canvas that draws to memory a manager that shows what was drawn."""

    class FigureManagerCell(module.FigureManagerBase):  # type: ignore[misc]
        """Shows its figure in the cell's output, and closes it."""

        def show(self) -> None:
            """As ``figure.show()`` and ``pyplot.show()`` call it."""
            _display(self.canvas.figure)
            sys.modules["matplotlib._pylab_helpers"].Gcf.destroy(self)

    module.FigureCanvasAgg.manager_class = FigureManagerCell
    module.FigureManager = FigureManagerCell


def _display(figure: Any) -> None:
    here = screen.current()
    if here is not None and (figure.axes or figure.lines or figure.texts or figure.images):
        here.display(figure)


def _copy_caches(folder: str) -> None:
    """The user's settings, and the list of fonts, which takes seconds to make."""
    import shutil  # late: slow to import

    home = os.path.expanduser("~")
    config = os.environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(home, ".cache")
    for place, start in ((config, "matplotlibrc"), (cache, "fontlist")):
        place = os.path.join(place, "matplotlib")
        with contextlib.suppress(OSError):
            for name in os.listdir(place):
                if name.startswith(start):
                    shutil.copy(os.path.join(place, name), folder)
