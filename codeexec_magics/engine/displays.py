"""What a run displays: kept and passed on, as long as it stays within bounds.

Lives in the kernel, in the thread that executes. Owns the bundles of one run.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from codeexec_magics.protocol import clean
from codeexec_magics.values.bundles import admit

_MOST = 1000
_MOST_BYTES = 64 << 20
_LONGEST_NAME = 200
_LEFT_OUT = f"… further displays are left out: there are {_MOST:,} of them, or 64 MiB …"


@dataclass(frozen=True, slots=True)
class Change:
    """A display that has a name, or what is to be done with what has been displayed.

    Attributes:
        name: The display's name; empty where the output is to be cleared.
        bundle: A MIME bundle.
        metadata: Its metadata.
        update: Whether it takes the place of what was displayed under the name.
        wait: Whether the output is cleared with the next display, and not now.
    """

    name: str = ""
    bundle: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    update: bool = False
    wait: bool = False


class Displays:
    """The bundles of one run, in order; a program that shows without end fills no memory.

    Args:
        show: Told of every bundle that is within the bounds, and of its metadata; may be None.
        trusted: Whether bundles may be kept and shown as they come; else what is harmless of them.
        change: Told of displays with names, and of clearing, in the place of ``show``; without it
            the first are displays like others, and nothing is changed.

    Attributes:
        kept: The bundles; the last one says that others were left out, if some were.
    """

    def __init__(
        self,
        show: Callable[[dict[str, Any], dict[str, Any]], None] | None = None,
        *,
        trusted: bool = True,
        change: Callable[[Change], None] | None = None,
    ) -> None:
        self._show = show
        self._trusted = trusted
        self._change = change
        self._bytes = 0
        self._full = False
        self._cleared = False
        self._places: dict[str, list[int]] = {}
        self.kept: list[dict[str, Any]] = []

    def hear(self, message: Mapping[str, Any]) -> None:
        """Take a message ``display`` or ``clear``, as it has arrived."""
        if message["type"] == "clear":
            self.clear(wait=message.get("wait") is True)
            return
        metadata, name = message.get("metadata"), message.get("id")
        name = name[:_LONGEST_NAME] if isinstance(name, str) else ""
        self.take(
            message["bundle"],
            metadata if isinstance(metadata, Mapping) else {},
            clean.text(name),
            update=bool(name) and message.get("update") is True,
        )

    def take(
        self,
        arrived: Mapping[str, Any],
        metadata: Mapping[str, Any],
        name: str = "",
        *,
        update: bool = False,
    ) -> None:
        """Keep a bundle and pass it on, or leave it out."""
        if self._cleared:
            self._forget()
        if self._full:
            return
        if self._trusted:
            bundle, described = dict(arrived), dict(metadata)
        else:
            bundle, described = admit(arrived, metadata)
        bundle, described = _cleaned(bundle), _cleaned(described)
        self._bytes += _size(bundle) + _size(described)
        if update:
            self._replace(name, bundle)
        if len(self.kept) >= _MOST or self._bytes > _MOST_BYTES:
            self._full = True
            bundle, described, name, update = {"text/plain": _LEFT_OUT}, {}, "", False
        if not update:
            self._places.setdefault(name, []).append(len(self.kept))
            self.kept.append(bundle)
        if name and self._change is not None:
            self._change(Change(name, bundle, described, update))
        elif not update and self._show is not None:
            self._show(bundle, described)

    def clear(self, *, wait: bool) -> None:
        """The program empties its output, now or with the next display."""
        if wait:
            self._cleared = True
        else:
            self._forget()
        if self._change is not None:
            self._change(Change(wait=wait))

    def _replace(self, name: str, bundle: dict[str, Any]) -> None:
        for place in self._places.get(name, ()):
            self._bytes -= _size(self.kept[place])
            self.kept[place] = bundle

    def _forget(self) -> None:
        self._cleared = self._full = False
        self._bytes = 0
        self._places.clear()
        self.kept.clear()


def _cleaned(data: dict[str, Any]) -> dict[str, Any]:
    return data if clean.as_it_is(data) else clean.bundle(data)


def _size(data: Mapping[str, Any]) -> int:
    contents = data.values()
    return sum(len(one) if isinstance(one, str) else len(json.dumps(one)) for one in contents)
