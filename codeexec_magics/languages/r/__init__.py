"""R, behind the bridge: base R only, with frames as data frames and figures as pictures.

Lives in the kernel; describes, starts nothing.
"""

from __future__ import annotations

from codeexec_magics.languages.bridge import bridged

from .source import describe

__all__ = ["LANGUAGE"]


LANGUAGE = bridged(
    "r",
    "R",
    folder="r",
    advice="apt install r-base-core",
    suffixes=(".r",),
    describe=describe,
    reads=frozenset({"columns", "microseconds"}),
    standbys=1,
    environment={"LC_CTYPE": "C.UTF-8"},
    syntax="r",
    probe="paste0(R.version.string, ', ', R.home())",
)
"""The description of R."""
