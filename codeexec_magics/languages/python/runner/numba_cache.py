"""Where numba keeps what it has compiled of a cell's functions (``@njit(cache=True)``).

Runs in the child, when the program imports numba: it knows the cells of IPython, and no others.
Owns nothing; the cache is the user's, in the folder for such, or the scratch of a sandbox.
"""

from __future__ import annotations

import os
from typing import Any

from . import late_hooks


def adapt(module: Any) -> None:
    """Add a place for functions whose file is none.

    Args:
        module: ``numba.core.caching``.
    """
    of_ipython = getattr(module, "IPythonCacheLocator", None) or module._IPythonCacheLocator
    implementation = getattr(module, "CacheImpl", None) or module._CacheImpl

    class OfCells(of_ipython):  # type: ignore[misc, valid-type]
        """Tells functions apart by their source, as that of IPython does."""

        def get_cache_path(self) -> str:
            """The folder."""
            caches = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
            return os.path.join(late_hooks.scratch() or caches, "numba", "cells")

        @classmethod
        def from_function(cls, function: Any, file: str) -> Any:
            """As numba has it: None if this is no place for the function."""
            if not file.startswith("<"):
                return None
            try:
                made = cls(function, file)
                made.ensure_cache_path()
            except OSError:
                return None
            return made

    implementation._locator_classes = [*implementation._locator_classes, OfCells]
