"""What a program shows: displays, changes of them, a cleared output, progress.

Runs in the child, in whatever thread the program shows something. Owns the way from a program, and
from the libraries that it uses, to the runner's channel; there is one for each process.
"""

from __future__ import annotations

import builtins
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

from ....protocol import clean
from .forms import forms_of, text_of
from .steady import SteadyNames

_LARGEST_NUMBER = 1e300
"""NaN, infinity and endless digits are not told."""
_LARGEST = 12_000_000
"""Characters of one bundle; what is larger is no picture, and no frame takes it."""

Send = Callable[["dict[str, Any]"], None]


class Screen:
    """Where the program of this process shows things.

    Args:
        send: Sends a message, and returns when the other side has it.
        tell: Sends a message, without waiting.
    """

    def __init__(self, send: Send, tell: Send) -> None:
        self._send = send
        self._tell = tell
        self._names = SteadyNames()

    def display(
        self,
        *values: Any,
        include: Any = None,
        exclude: Any = None,
        metadata: dict[str, Any] | None = None,
        transient: dict[str, Any] | None = None,
        display_id: Any = None,
        raw: bool = False,
        clear: bool = False,
        update: bool = False,
        **others: Any,
    ) -> Any:
        """Show values as rich output; the arguments are those of ``IPython.display.display``."""
        name = (transient or {}).get("display_id") if display_id is None else display_id
        own_name = None
        if name is not None and name is not False:
            own_name = os.urandom(8).hex() if name is True else str(name)
        if clear:
            self.clear(wait=True)
        for value in values:
            if raw:
                self.publish(value, metadata, own_name, update=update)
                continue
            own = getattr(type(value), "_ipython_display_", None)
            if own is not None and not isinstance(value, type) and own_name is None:
                own(value)
                continue
            bundle, described = forms_of(value, include, exclude)
            described.update(_metadata(metadata))
            self._show(bundle, described, own_name, update)
        return Handle(self, own_name) if own_name is not None and display_id is not None else None

    def publish(
        self,
        bundle: Any,
        metadata: Any = None,
        display_id: str | None = None,
        *,
        update: bool = False,
    ) -> None:
        """Show a MIME bundle as it is.

        Raises:
            TypeError: It is none.
        """
        if not isinstance(bundle, dict):
            raise TypeError(f"a MIME bundle is a dict of forms, not {type(bundle).__name__}")
        forms = clean.bundle(bundle)
        self._show(forms, _metadata(metadata), display_id, update)

    def clear(self, wait: bool = False) -> None:
        """Empty the cell's output, now or with what is shown next."""
        self._flush()
        self._send({"type": "clear", "wait": bool(wait)})

    def progress(self, done: Any, total: Any = None, text: str = "") -> Any:
        """Tell how far the program is, by numbers or by what it goes through.

        Raises:
            TypeError: It is neither a number nor something to go through.
        """
        if hasattr(type(done), "__iter__") and not isinstance(done, str):
            return self._through(done, total, text)
        numbers = [_number(number) for number in (done, 0 if total is None else total)]
        if None in numbers:
            raise TypeError(
                "progress takes how much is done, and of how much: progress(3, 10), or something "
                f"to go through: for x in progress(items); not {text_of(done)[:80]}"
            )
        if total is None or not _is_told(numbers[1]):
            numbers[1] = None
        if _is_told(numbers[0]):
            told = {"done": numbers[0], "total": numbers[1], "text": clean.text(str(text))}
            self._tell({"type": "progress", **told})
        return None

    def _through(self, items: Any, total: Any, text: str) -> Iterator[Any]:
        if total is None and hasattr(type(items), "__len__"):
            total = len(items)
        done = 0
        self.progress(done, total, text)
        for item in items:
            yield item
            done += 1
            self.progress(done, total, text)

    def _show(self, bundle: dict[str, Any], metadata: Any, name: str | None, update: bool) -> None:
        if sum(_size(content) for content in bundle.values()) > _LARGEST:
            text = str(bundle.get("text/plain", ""))[:1000]
            bundle = {"text/plain": f"{text}\n[too large to be shown here]".lstrip()}
            metadata = {}
        bundle = self._names.apply(bundle)
        message = {"type": "display", "bundle": bundle, "metadata": metadata}
        if name is not None:
            message["id"] = name
            if update:
                message["update"] = True
        self._send(message)

    def _flush(self) -> None:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()


class Handle:
    """A display that can be changed; what ``display(…, display_id=…)`` returns.

    Args:
        screen: Where it is.
        display_id: Its name.
    """

    def __init__(self, screen: Screen, display_id: str) -> None:
        self._screen = screen
        self.display_id = display_id

    def display(self, value: Any, **arguments: Any) -> None:
        """Show a value once more, under this name."""
        self._screen.display(value, display_id=self.display_id, **arguments)

    def update(self, value: Any, **arguments: Any) -> None:
        """Show a value in the place of what is displayed under this name."""
        self._screen.display(value, display_id=self.display_id, update=True, **arguments)

    def __repr__(self) -> str:
        return f"<DisplayHandle display_id={self.display_id}>"


_screen: list[Screen] = []


def current() -> Screen | None:
    """This process's screen; None before a run."""
    return _screen[0] if _screen else None


def equip(screen: Screen) -> None:
    """Give the program ``display`` and ``progress``, and an ``input`` that says why it cannot ask.

    They go into builtins, so that the program's own namespace is empty but for its inputs.
    """
    _screen[:] = [screen]

    def display(*values: Any, **arguments: Any) -> Any:
        """Show values as rich output, as ``IPython.display.display`` does."""
        return screen.display(*values, **arguments)

    def progress(done: Any, total: Any = None, text: str = "") -> Any:
        """Tell how far the program is, by numbers or by what it goes through."""
        return screen.progress(done, total, text)

    def no_input(prompt: object = "") -> str:
        """There is nobody to ask."""
        raise EOFError("a cell in another process has no standard input; pass values in with -i")

    builtins.display = display  # type: ignore[attr-defined]
    builtins.progress = progress  # type: ignore[attr-defined]
    builtins.input = no_input


def _is_told(number: Any) -> bool:
    return bool(abs(number) <= _LARGEST_NUMBER)


def _metadata(metadata: Any) -> dict[str, Any]:
    return clean.bundle(metadata) if isinstance(metadata, dict) else {}


def _number(value: Any) -> int | float | None:
    """A number as JSON has it; None for what is none."""
    if isinstance(value, (bool, str)):
        return None
    try:
        exact = float(value)
    except OverflowError:
        return float("inf")
    except (TypeError, ValueError):
        return None
    return int(value) if exact.is_integer() else exact


def _size(content: Any) -> int:
    if isinstance(content, str):
        return len(content)
    import json

    return len(json.dumps(content))
