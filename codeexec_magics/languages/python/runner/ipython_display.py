"""IPython's ``display``, ``update_display``, ``clear_output``, in a process that is no kernel.

Runs in the child, when the program imports ``IPython.display``. Without this they print reprs.
"""

from __future__ import annotations

from typing import Any

from . import screen


def adapt(module: Any) -> None:
    """Have the functions of ``IPython.core.display_functions`` speak with the screen.

    Args:
        module: That module; before IPython 7.23 they stood in ``IPython.core.display``.
    """
    if not callable(getattr(module, "publish_display_data", None)):
        return

    def display(*objs: Any, display_id: Any = None, **arguments: Any) -> Any:
        here = screen.current()
        if here is None:
            return None
        handle = here.display(*objs, display_id=display_id, **arguments)
        return None if handle is None else module.DisplayHandle(handle.display_id)

    def publish_display_data(
        data: Any, metadata: Any = None, *, transient: Any = None, update: bool = False, **_: Any
    ) -> None:
        here = screen.current()
        if here is not None:
            here.publish(data, metadata, (transient or {}).get("display_id"), update=update)

    def clear_output(wait: bool = False) -> None:
        here = screen.current()
        if here is not None:
            here.clear(wait)

    for function in (display, publish_display_data, clear_output):
        original = getattr(module, function.__name__)
        function.__doc__, function.__module__ = original.__doc__, original.__module__
        setattr(module, function.__name__, function)
