"""Where a cell's body begins: line numbers count from the top of the cell as it was typed.

Runs in the kernel. IPython drops blank lines above ``%%transform`` before a magic sees the cell,
so the cell is remembered as it came in.
"""

from __future__ import annotations

import re
from typing import Any

_ASSIGNED = re.compile(r"=[ \t]*%transform(?:_pipeline)?\b[ \t]*(.*)")


class Origin:
    """Remembers the cell that IPython is about to run."""

    def __init__(self) -> None:
        self._raw = ""

    def remember(self, info: Any) -> None:
        """Take note of a cell; called by IPython's ``pre_run_cell``."""
        self._raw = getattr(info, "raw_cell", None) or ""

    def is_of(self, body: str | None) -> bool:
        """Whether a magic is all of the remembered cell, and none that code calls.

        Args:
            body: What it was called with; None for a line magic.
        """
        if body is not None:
            return self._line_of_magic(body) is not None
        only = self._raw.strip()
        return only.startswith("%") and "\n" not in only

    def assigns(self, line: str) -> bool:
        """Whether the remembered cell gives the value of this ``%transform`` to a variable.

        Args:
            line: What the magic was called with.
        """
        found = _ASSIGNED.findall(self._raw)
        return any(called.strip() == line.strip() for called in found)

    def first_line(self, body: str) -> int:
        """The number of the body's first line in the cell as typed; its first line is 1.

        A body that is not the remembered cell's counts as if the magic stood in the first line.
        """
        line = self._line_of_magic(body)
        return 2 if line is None else line + 1

    def _line_of_magic(self, body: str) -> int | None:
        """The number of the remembered cell's line of ``%%``, if the body is what follows it."""
        lines = self._raw.splitlines()
        above = next((index for index, line in enumerate(lines) if line.strip()), None)
        if above is None or not lines[above].lstrip().startswith("%%"):
            return None
        if _bare(lines[above + 1 :]) != _bare(body.splitlines()):
            return None
        return above + 1


def _bare(lines: list[str]) -> list[str]:
    """The lines without the indentation and the trailing blank lines that IPython may remove."""
    bare = [line.strip() for line in lines]
    while bare and not bare[-1]:
        bare.pop()
    return bare
