"""R, behind the bridge: base R only, with frames as data frames and figures as pictures.

Lives in the kernel; describes, starts nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from codeexec_magics.languages.bridge import bridge_command, find_program
from codeexec_magics.languages.language import Language

from .source import describe

__all__ = ["LANGUAGE"]


def _command(interpreter: str | None, environment: Mapping[str, str]) -> list[str]:
    """The worker's argv.

    Raises:
        LanguageUnavailable: There is no R.
    """
    path = find_program("r", interpreter or "R", environment, "apt install r-base-core")
    return [*bridge_command("r", "r"), path]


LANGUAGE = Language(
    name="r",
    suffixes=(".r",),
    command=_command,
    describe=describe,
    reads=frozenset({"columns", "microseconds"}),
    maps=False,
    standbys=1,
    environment={"LC_CTYPE": "C.UTF-8"},
    syntax="r",
    probe="paste0(R.version.string, ', ', R.home())",
)
"""The description of R."""
