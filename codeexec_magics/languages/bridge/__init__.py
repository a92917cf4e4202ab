"""Languages by way of a bridge and a driver of some twenty lines in the language itself.

Lives in the kernel; describes, starts nothing. The bridge (`bridge.runner`) speaks the protocol for
an interpreter that cannot open our socket; DRIVER.md says what a driver does.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence

from codeexec_magics.errors import LanguageUnavailable
from codeexec_magics.languages.language import Language, resource

__all__ = ["bridged"]

_ENTRY = resource(__file__, "runner", "__main__.py")
"""The bridge's own program."""


def bridged(
    name: str,
    program: str,
    driver: str = "",
    *,
    folder: str = "bridge",
    arguments: Sequence[str] = (),
    aliases: Sequence[str] = (),
    suffixes: Sequence[str] = (),
    advice: str = "",
    **more: object,
) -> Language:
    """The description of a language that a driver serves.

    Args:
        name: The language's one name.
        program: The interpreter, as it is called on the PATH.
        driver: The path of the driver, which the interpreter runs; none where a runner of the
            language's own folder knows what to run.
        folder: The folder of the language whose runner serves.
        arguments: What stands between the interpreter and the driver.
        aliases: Other names that users type.
        suffixes: File name endings, dot included, the usual one first.
        advice: How the interpreter is installed, for example ``apt install ruby``.
        more: Further fields of `Language`.
    """

    def command(interpreter: str | None, environment: Mapping[str, str]) -> list[str]:
        path = _find_program(name, interpreter or program, environment, advice)
        return [*_bridge_command(folder, name), path, *arguments, *filter(None, [driver])]

    fields: dict[str, object] = {"maps": False, "reads": frozenset({"microseconds"}), **more}
    return Language(
        name=name,
        aliases=tuple(aliases),
        suffixes=tuple(suffixes),
        command=command,
        **fields,  # type: ignore[arg-type] # Language checks its own fields
    )


def _find_program(name: str, program: str, environment: Mapping[str, str], advice: str = "") -> str:
    """The path of an interpreter.

    Args:
        name: The language that it is for.
        program: Its name on the PATH, or a path.
        environment: The worker's environment, whose PATH is searched.
        advice: How it is installed.

    Raises:
        LanguageUnavailable: It is not there.
    """
    found = shutil.which(os.path.expanduser(program), path=environment.get("PATH", os.defpath))
    if found is None:
        way = f"install it ({advice})" if advice else "install it"
        raise LanguageUnavailable(
            f"cannot run {name}: there is no {program!r}; "
            f"{way}, or name one: --interpreter /path/to/{os.path.basename(program)}"
        )
    return os.path.abspath(found)


def _bridge_command(folder: str, name: str) -> list[str]:
    """The argv of a bridge, up to the interpreter's own.

    Args:
        folder: The folder of the language whose runner serves.
        name: The language's name.
    """
    # Isolated: a file beside the notebook must not stand for a module of the library.
    return [sys.executable, "-I", "-S", "-u", _ENTRY, folder, name]
