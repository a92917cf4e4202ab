"""Where a cell's body begins: line numbers count from the top of the cell as it was typed.

Runs in the kernel. IPython drops blank lines above ``%%transform`` before a magic sees the cell,
so the cell is remembered as it came in.
"""

from __future__ import annotations

from typing import Any


class Origin:
    """Remembers the cell that IPython is about to run."""

    def __init__(self) -> None:
        self._raw = ""

    def remember(self, info: Any) -> None:
        """Take note of a cell; called by IPython's ``pre_run_cell``."""
        self._raw = getattr(info, "raw_cell", None) or ""

    def first_line(self, body: str) -> int:
        """The number of the body's first line in the cell as typed; its first line is 1.

        A body that is not the remembered cell's (a magic that is called by code) counts as if the
        magic stood in the first line.
        """
        lines = self._raw.splitlines()
        above = next((index for index, line in enumerate(lines) if line.strip()), None)
        if above is None or not lines[above].lstrip().startswith("%%"):
            return 2
        if _bare(lines[above + 1 :]) != _bare(body.splitlines()):
            return 2
        return above + 2


def _bare(lines: list[str]) -> list[str]:
    """The lines without the indentation and the trailing blank lines that IPython may remove."""
    bare = [line.strip() for line in lines]
    while bare and not bare[-1]:
        bare.pop()
    return bare
