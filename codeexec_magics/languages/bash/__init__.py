"""bash, behind the bridge: strict, with Python's variables as shell variables.

Lives in the kernel; describes, starts nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from codeexec_magics.languages.bridge import bridge_command, find_program
from codeexec_magics.languages.language import Language

__all__ = ["LANGUAGE"]


def _command(interpreter: str | None, environment: Mapping[str, str]) -> list[str]:
    """The worker's argv.

    Raises:
        LanguageUnavailable: There is no bash.
    """
    path = find_program("bash", interpreter or "bash", environment, "apt install bash")
    return [*bridge_command("bash", "bash"), path]


LANGUAGE = Language(
    name="bash",
    aliases=("sh",),
    suffixes=(".sh", ".bash"),
    command=_command,
    reads=frozenset({"files", "microseconds"}),
    maps=False,
    exit_codes=True,
    syntax="bash",
    probe='echo "\\"bash $BASH_VERSION, $BASH\\"" >&3',
)
"""The description of bash. ``sh`` is a name of it: no other shell tells where a program fails."""
