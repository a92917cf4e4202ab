"""The stack as the program sees it: its own frames and its libraries', not the runner's.

Runs in the child, when the program has ``traceback`` or ``inspect`` imported.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

_OURS = __file__.rpartition("languages")[0]


def adapt(module: Any) -> None:
    """Leave our frames out of ``traceback.walk_stack`` or ``inspect.getouterframes``."""
    if module.__name__ == "traceback":
        _adapt_traceback(module)
    else:
        _adapt_inspect(module)


def _adapt_traceback(module: Any) -> None:
    original = module.walk_stack

    def walk_stack(f: Any) -> Iterator[tuple[Any, int]]:
        start = sys._getframe(1) if f is None else f
        return ((frame, line) for frame, line in original(start) if not _is_ours(frame))

    walk_stack.__doc__ = original.__doc__
    module.walk_stack = walk_stack


def _adapt_inspect(module: Any) -> None:
    original = module.getouterframes

    def getouterframes(frame: Any, context: int = 1) -> list[Any]:
        return [entry for entry in original(frame, context) if not _is_ours(entry.frame)]

    getouterframes.__doc__ = original.__doc__
    module.getouterframes = getouterframes


def _is_ours(frame: Any) -> bool:
    return bool(frame.f_code.co_filename.startswith(_OURS))
