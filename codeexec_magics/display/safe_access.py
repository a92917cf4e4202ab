"""Ask a stranger's object something without being hurt by the answer.

Lives wherever a result is shown and owns nothing. ``repr``, ``len``, an attribute: each is code of
the object's class and may throw anything, lie about its type, or return a string that is none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

_T = TypeVar("_T")


def attempt(call: Callable[[], _T], default: _T) -> _T:
    """What ``call`` returns, or ``default`` if it throws.

    Raises:
        KeyboardInterrupt: The user has pressed Stop meanwhile.
    """
    try:
        return call()
    except KeyboardInterrupt:
        raise
    # Code of the user runs in `call`: SystemExit in a __repr__ must not end the notebook either.
    except BaseException:  # noqa: BLE001
        return default


def plain(text: object) -> str:
    """An exact ``str``: a subclass may have any method overridden; what is no text is empty."""
    return "".join((text,)) if isinstance(text, str) else ""


def origin(value: object) -> tuple[str, str]:
    """The top-level module and the name of a value's type, for example ``pandas, DataFrame``."""
    kind = type(value)
    module = plain(attempt(lambda: kind.__module__, ""))
    return module.partition(".")[0], plain(attempt(lambda: kind.__name__, "")) or "object"


def method(value: object, name: str) -> Callable[..., Any] | None:
    """A method that the value's *type* has; a ``__getattr__`` with all answers is not asked."""
    function = attempt(lambda: getattr(type(value), name, None), None)
    if function is None or not callable(function) or isinstance(value, type):
        return None

    return lambda *arguments, **options: function(value, *arguments, **options)
