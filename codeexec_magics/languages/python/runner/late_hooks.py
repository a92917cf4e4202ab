"""Do something to a library at the moment when a program imports it, and never before.

Runs in the child, and in a zygote that loads libraries ahead. Owns one finder on ``sys.meta_path``;
a program that imports none of these libraries pays a look-up of a name for each import, no more.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

_HOOKS = {
    "IPython.core.display": "ipython_display",
    "IPython.core.display_functions": "ipython_display",
    "PIL.ImageShow": "pillow",
    "bokeh.io.showing": "bokeh_show",
    "inspect": "stacks",
    "joblib": "spawning",
    "joblib.externals.loky.backend.fork_exec": "spawning",
    "loky.backend.fork_exec": "spawning",
    "matplotlib": "pyplot",
    "matplotlib.backends.backend_agg": "pyplot",
    "multiprocessing.spawn": "spawning",
    "multiprocessing.util": "spawning",
    "numba.core.caching": "numba_cache",
    "plotly.io._renderers": "plotly_renderer",
    "subprocess": "children",
    "tqdm.notebook": "progress_bars",
    "traceback": "stacks",
}
"""The library's module → the one beside this whose ``adapt`` is called with it when it is there,
and whose ``prepare``, if it has one, is called before."""


_scratch: list[str] = []


class _Finder:
    """Finds what the other finders find, and has a hook follow the module's own code."""

    def __init__(self) -> None:
        self._looking = False

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> Any:
        """As the protocol of finders has it."""
        if name not in _HOOKS or self._looking:
            return None
        self._looking = True
        try:
            spec = _spec_of(name, path, target, self)
        finally:
            self._looking = False
        if spec is not None and hasattr(spec.loader, "exec_module"):
            spec.loader.exec_module = _followed(spec.loader.exec_module, name)
        return spec


def keep_caches_in(folder: str) -> None:
    """Have libraries keep their caches in a folder, where a program may not write elsewhere."""
    _scratch[:] = [folder]
    if "matplotlib" in sys.modules:
        _call("matplotlib", "prepare")


def scratch() -> str:
    """The folder for caches; empty where they stay where they are."""
    return _scratch[0] if _scratch else ""


def install() -> None:
    """Have the hooks wait for their libraries, and meet those that are there already."""
    sys.meta_path.insert(0, _Finder())
    for name in _HOOKS:
        if name in sys.modules:
            _call(name, "adapt", sys.modules[name])


def _spec_of(name: str, path: Sequence[str] | None, target: ModuleType | None, own: _Finder) -> Any:
    for finder in sys.meta_path:
        find = getattr(finder, "find_spec", None)
        if finder is own or find is None:
            continue
        spec = find(name, path, target)
        if spec is not None:
            return spec
    return None


def _followed(execute: Callable[[ModuleType], None], name: str) -> Callable[[ModuleType], None]:
    def execute_and_adapt(module: ModuleType) -> None:
        _call(name, "prepare")
        execute(module)
        _call(name, "adapt", module)

    return execute_and_adapt


def _call(name: str, step: str, *arguments: Any) -> None:
    """A version of the library that we do not know stays as it is."""
    try:
        hook = getattr(__import__(_HOOKS[name], globals(), None, (step,), 1), step, None)
        if hook is not None:
            hook(*arguments)
    except Exception:  # noqa: BLE001, S110 - it must import in any case
        pass
