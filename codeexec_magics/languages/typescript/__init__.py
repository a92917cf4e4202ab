"""TypeScript, run by the runner of JavaScript: types are taken out, positions stay.

Lives in the kernel; describes, starts nothing. Enums, namespaces and parameter properties run, too.
Before it runs, the engine has its types checked (`engine.checking`) by the compiler that npm
fetches, in the versions that ``compiler/package-lock.json`` names.
"""

from __future__ import annotations

from collections.abc import Mapping

from codeexec_magics.languages import javascript
from codeexec_magics.languages.javascript.source import describe
from codeexec_magics.languages.language import Language

__all__ = ["LANGUAGE"]


def _command(interpreter: str | None, environment: Mapping[str, str]) -> list[str]:
    """The worker's argv.

    Raises:
        LanguageUnavailable: There is no Node.js where it was looked for.
    """
    return [*javascript.LANGUAGE.command(interpreter, environment), "--typescript"]


LANGUAGE = Language(
    name="typescript",
    aliases=("ts",),
    suffixes=(".ts", ".mts", ".cts"),
    command=_command,
    describe=describe,
    learn=javascript.learn,
    hints=javascript.hints,
    checker=javascript.checker(typed=True),
    typed=True,
    settings={"milliseconds": "", "no-check": ""},
    syntax="typescript",
    comment="//",
    out_of_memory=javascript.LANGUAGE.out_of_memory,
    probe="`Node.js ${process.version.slice(1)}, ${process.execPath}` as string",
)
"""The description of TypeScript."""
