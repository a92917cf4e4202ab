"""Pillow's ``image.show()``: in the cell's output, not in a viewer.

Runs in the child, when the program imports ``PIL.ImageShow``, which is when it shows something.
"""

from __future__ import annotations

from typing import Any

from . import screen


def adapt(module: Any) -> None:
    """Replace ``PIL.ImageShow.show``."""
    original = module.show

    def show(image: Any, title: Any = None, **options: Any) -> bool:
        here = screen.current()
        if here is None:
            return bool(original(image, title, **options))
        here.display(image)
        return True

    module.show = show
