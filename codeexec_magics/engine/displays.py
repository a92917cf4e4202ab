"""What a run displays: kept and passed on, as long as it stays within bounds.

Lives in the kernel, in the thread that executes. Owns the bundles of one run.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from codeexec_magics.values.bundles import admit

_MOST = 1000
_MOST_BYTES = 64 << 20
_LEFT_OUT = f"… further displays are left out: there are {_MOST:,} of them, or 64 MiB …"


class Displays:
    """The bundles of one run, in order; a program that shows without end fills no memory.

    Args:
        show: Told of every bundle that is within the bounds, and of its metadata; may be None.
        trusted: Whether bundles may be kept and shown as they come; else what is harmless of them.

    Attributes:
        kept: The bundles; the last one says that others were left out, if some were.
    """

    def __init__(
        self,
        show: Callable[[dict[str, Any], dict[str, Any]], None] | None = None,
        *,
        trusted: bool = True,
    ) -> None:
        self._show = show
        self._trusted = trusted
        self._bytes = 0
        self._full = False
        self.kept: list[dict[str, Any]] = []

    def take(self, arrived: Mapping[str, Any], metadata: Mapping[str, Any]) -> None:
        """Keep a bundle and pass it on, or leave it out."""
        if self._full:
            return
        if self._trusted:
            bundle, described = dict(arrived), dict(metadata)
        else:
            bundle, described = admit(arrived, metadata)
        self._bytes += _size(bundle) + _size(described)
        if len(self.kept) >= _MOST or self._bytes > _MOST_BYTES:
            self._full = True
            bundle, described = {"text/plain": _LEFT_OUT}, {}
        self.kept.append(bundle)
        if self._show is not None:
            self._show(bundle, described)


def _size(data: Mapping[str, Any]) -> int:
    contents = data.values()
    return sum(len(one) if isinstance(one, str) else len(json.dumps(one)) for one in contents)
