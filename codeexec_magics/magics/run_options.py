"""How a line wants its program run: the settings, and what the line says otherwise.

Runs in the kernel; starts nothing. What is wrong here is wrong usage.
"""

from __future__ import annotations

import math
import os
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError

from codeexec_magics import languages
from codeexec_magics.errors import CodeExecError, InvalidOptions
from codeexec_magics.languages import Language
from codeexec_magics.magics.request import Arguments
from codeexec_magics.magics.settings import ISOLATIONS, LIMITS, TransformSettings
from codeexec_magics.values.options import ExecutionOptions

if TYPE_CHECKING:
    from codeexec_magics.engine.transform import Transform


def options_of_program(
    arguments: Arguments, language: Language, settings: TransformSettings
) -> ExecutionOptions:
    """The settings, and on top of them what the line says.

    Raises:
        UsageError: An option cannot be meant.
    """
    fallback = settings.interpreters.get(language.name)
    defaults: dict[str, Any] = {
        "timeout": math.inf if settings.timeout is None else settings.timeout,
        "grace": settings.grace,
        "kept_output": settings.kept_output,
        "standbys": settings.standbys,
        **{name: getattr(settings, name) or None for name in LIMITS},
        **{name: getattr(settings, name) for name in ISOLATIONS},
        "interpreter": fallback,
        "environment": dict(arguments.environment),
        "outputs": arguments.outputs,
    }
    own = {**_runtime(arguments, language), **_settings(arguments, language)}
    return _checked({**defaults, **_given(arguments), **own})


def options_of_transform(
    arguments: Arguments, language: Language, transform: Transform
) -> ExecutionOptions:
    """The transform's own options, and on top of them what the line says.

    Raises:
        UsageError: An option cannot be meant.
    """
    own = {**_runtime(arguments, language), **_settings(arguments, language)}
    changes = {**_given(arguments), **own}
    if not transform.options.outputs:  # else its value is what those names of its own hold
        changes["outputs"] = arguments.outputs
    if arguments.environment:
        changes["environment"] = {**transform.options.environment, **arguments.environment}
    return replace(transform.options, **changes)


def _settings(arguments: Arguments, language: Language) -> dict[str, Any]:
    """What the language itself is told; refused by name where it knows no such thing."""
    for name in arguments.settings:
        if name not in language.settings:
            know = [one.name for one in languages.everything() if name in one.settings]
            raise UsageError(f"--{name} is for {', '.join(know)}; {language.name} has no such flag")
    return {"settings": dict(arguments.settings)} if arguments.settings else {}


def _checked(fields: dict[str, Any]) -> ExecutionOptions:
    try:
        return ExecutionOptions(**fields)
    except InvalidOptions as error:
        raise UsageError(str(error)) from None


def _given(arguments: Arguments) -> dict[str, Any]:
    """The options that the line sets, apart from the runtime and the environment."""
    changes: dict[str, Any] = {**arguments.limits, **arguments.isolation}
    if arguments.timeout is not None:
        changes["timeout"] = arguments.timeout
    if arguments.converter is not None:
        changes["converter"] = arguments.converter
    if arguments.directory is not None:
        directory = os.path.expanduser(arguments.directory)
        if not os.path.isdir(directory):
            raise UsageError(f"--cwd: there is no folder {arguments.directory!r}")
        changes["directory"] = os.path.abspath(directory)
    return changes


def _runtime(arguments: Arguments, language: Language) -> dict[str, Any]:
    """The interpreter that the line asks for, if it does; found before anything starts."""
    if arguments.interpreter is not None and arguments.python is not None:
        raise UsageError("--interpreter and --python both name a runtime; give one of them")
    if arguments.interpreter is not None:
        found = shutil.which(os.path.expanduser(arguments.interpreter))
        if found is None:
            raise UsageError(f"--interpreter: {arguments.interpreter!r} is not an executable file")
        return {"interpreter": os.path.abspath(found)}
    if arguments.python is None:
        return {}
    if language.name != "python" or not language.takes_versions:
        raise UsageError(f"--python is for Python programs; for {language.name} use --interpreter")
    try:
        # The runner's argv begins with the interpreter that was found.
        command = language.argv(arguments.python, {**os.environ, **arguments.environment})
    except CodeExecError as error:
        raise UsageError(f"--python: {error}") from None
    return {"interpreter": command[0]}
