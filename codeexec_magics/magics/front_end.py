"""Who looks at the output: a person in a notebook, a program that records one, or a terminal.

Runs in the kernel; reads the shell's own state and the request that is being executed.
"""

from __future__ import annotations

from enum import Enum
from typing import Any


class FrontEnd(Enum):
    """The kinds of front end, as far as they decide what is shown."""

    NOTEBOOK = "notebook"
    """A person looks at rich output."""
    RECORDER = "recorder"
    """nbclient, papermill, nbval, CI: what is shown is kept, compared, and read in logs."""
    TERMINAL = "terminal"
    """IPython without a kernel: text only."""


def front_end(shell: Any) -> FrontEnd:
    """The front end of the cell that the shell is executing."""
    if not hasattr(shell, "kernel"):
        return FrontEnd.TERMINAL
    # Only a front end with a person before it offers to answer input().
    request = shell.get_parent() if hasattr(shell, "get_parent") else {}
    content = request.get("content") or {}
    return FrontEnd.NOTEBOOK if content.get("allow_stdin") is True else FrontEnd.RECORDER


def wants_colour(shell: Any) -> bool:
    """Whether the user lets IPython colour a terminal."""
    return str(getattr(shell, "colors", "")).lower() != "nocolor"
