"""bash, behind the bridge: strict, with Python's variables as shell variables.

Lives in the kernel; describes, starts nothing.
"""

from __future__ import annotations

from codeexec_magics.languages.bridge import bridged

__all__ = ["LANGUAGE"]


LANGUAGE = bridged(
    "bash",
    "bash",
    folder="bash",
    advice="apt install bash",
    aliases=("sh",),
    suffixes=(".sh", ".bash"),
    reads=frozenset({"files", "microseconds"}),
    exit_codes=True,
    syntax="bash",
    probe='echo "\\"bash $BASH_VERSION, $BASH\\"" >&3',
)
"""The description of bash. ``sh`` is a name of it: no other shell tells where a program fails."""
